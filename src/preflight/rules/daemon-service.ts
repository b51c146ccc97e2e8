import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { valueAt } from '../json.ts';

/** A DAEMON has one worker on each host, and no desired count. */
export const daemonService: Rule = {
  id: 'daemon-service',
  rule: 'The service keeps a desired count (REPLICA), which an autoscaler can change.',
  severities: ['note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html (service scheduler, DAEMON)',
  ],
  judge({ documents }) {
    const { service } = documents;
    if (service === null) return notKnown("the service's scheduling strategy: give --service");
    const path = ['schedulingStrategy'];
    if (valueAt(service.value, path) !== 'DAEMON') return CLEAN;
    return judgementOf({
      severity: 'note',
      document: 'service',
      path,
      seen: 'schedulingStrategy is DAEMON',
      why: 'One worker runs on each host: a worker that leaves is replaced on the same host, the fleet scales with its hosts, and a scale-in drill has nothing to lower.',
      todo: 'Drill it with stop-task, deployment or drain-instance; use REPLICA where workers are to scale by jobs.',
      edits: [],
      unknown: null,
    });
  },
};
