import type { Rule } from '../finding.ts';
import { CLEAN, found, notKnown } from '../finding.ts';
import { valueAt } from '../json.ts';

/** Scale-in takes any task, busy or not, unless the busy ones are protected. */
export const scaleInProtection: Rule = {
  id: 'scale-in-protection',
  rule: 'Where a fleet scales in by itself, busy workers are protected from it.',
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
    const seen =
      live.protection === null
        ? 'a service, and nothing that shows protected tasks'
        : `none of ${String(live.protection.tasks)} tasks is protected`;
    return found({
      severity: 'note',
      document: 'service',
      path: [],
      seen,
      why: 'When the desired count falls the scheduler takes any task, busy or idle. A task that is protected while it has a job is spared by scale-in and by deployments (not by a draining host or a spot reclaim), and so needs no drain.',
      todo: "Switch the protection on in the agent's pre-command hook and off in pre-exit: PUT $ECS_AGENT_URI/task-protection/v1/state; the task role needs ecs:UpdateTaskProtection.",
      edits: [],
      unknown: "whether an autoscaler changes the desired count: ECS's answers do not show it",
    });
  },
};
