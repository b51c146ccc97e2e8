import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { editDocument } from '../edits.ts';
import { valueAt } from '../json.ts';

/** ECS Exec lets people work inside a worker that a drill may stop. */
export const execSessions: Rule = {
  id: 'exec-sessions',
  rule: 'Nobody opens a shell inside a worker (ECS Exec).',
  severities: ['note'],
  sources: ['https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html'],
  judge({ documents }) {
    const { service } = documents;
    if (service === null) return notKnown('whether ECS Exec is on: give --service');
    const path = ['enableExecuteCommand'];
    if (valueAt(service.value, path) !== true) return CLEAN;
    return judgementOf({
      severity: 'note',
      document: 'service',
      path,
      seen: 'enableExecuteCommand is true',
      why: 'An SSM agent runs beside the agent in its container. It changes neither the first process nor the stop signal, but a session in the container ends with the task, and what somebody did there (a signal sent by hand) looks like a defect of the worker.',
      todo: 'Leave it off for workers, or make sure that nobody is inside one during a drill.',
      edits: [editDocument(documents, 'service', path, false)],
      unknown: null,
    });
  },
};
