import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { programsIn, protectionCallsIn } from '../hooks.ts';
import { valueAt } from '../json.ts';

/** Scale-in stops any task, busy or not, unless it is protected. */
export const scaleInProtection: Rule = {
  id: 'scale-in-protection',
  rule: 'Where a fleet scales in automatically, busy workers are protected from scale-in.',
  severities: ['note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html (protects from scale-in and deployments; not from draining or spot)',
  ],
  judge({ documents, live }) {
    const { service } = documents;
    if (service === null)
      return notKnown('whether the tasks belong to a service that scales in: give --service');
    if (valueAt(service.value, ['schedulingStrategy']) === 'DAEMON') return CLEAN;
    if (live.protection !== null && live.protection.protected > 0) return CLEAN;
    const calls = protectionCallsIn(documents);
    if (calls?.some(({ enables }) => enables === true) === true) return CLEAN;
    const open = calls?.find(({ enables }) => enables === null);
    if (open !== undefined)
      return notKnown(`whether hook ${open.file} protects the task: its request does not show it`);
    const programs = programsIn(documents);
    if (programs.length > 0)
      return notKnown(`whether ${programs.join(', ')} protects the task: it is a program, not a script`);
    const seen =
      live.protection === null
        ? calls === null
          ? 'a service, and nothing that shows protected tasks'
          : `no hook of ${documents.hooks?.name ?? ''} protects the task`
        : `none of ${String(live.protection.tasks)} tasks is protected`;
    return judgementOf({
      severity: 'note',
      document: 'service',
      path: [],
      seen,
      why: 'When the desired count falls, the scheduler stops any task, busy or idle. Scale-in and deployments spare a task that is protected while it has a job, so that it needs no drain; a draining host or a spot reclaim does not spare it.',
      todo: "Switch protection on in the agent's pre-command hook and off in pre-exit: PUT $ECS_AGENT_URI/task-protection/v1/state; the task role needs ecs:UpdateTaskProtection.",
      edits: [],
      unknown: `whether an autoscaler changes the desired count: ECS's answers do not show it${calls === null && live.protection === null ? '; whether hooks protect busy tasks: give --hooks' : ''}`,
    });
  },
};
