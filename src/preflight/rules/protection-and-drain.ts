import { DEFAULT_STOP_TIMEOUT } from '../../worker/stop-window.ts';
import { inSeconds, placeIn } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { protectionCallsIn } from '../hooks.ts';

/** Protection and a long drain save jobs from different stops, so that a drill of one shows nothing of the other. */
export const protectionAndDrain: Rule = {
  id: 'protection-and-drain',
  rule: 'Where busy workers are both protected from scale-in and given time to drain, each is drilled by itself.',
  severities: ['note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html (protects from scale-in and deployments; not from draining or spot)',
  ],
  judge({ documents, live, agent }) {
    const { stopTimeout } = agent;
    if (stopTimeout === null || stopTimeout <= DEFAULT_STOP_TIMEOUT) return CLEAN;
    const hook = (protectionCallsIn(documents) ?? []).find(({ enables }) => enables === true);
    const count = live.protection?.protected ?? 0;
    if (hook === undefined && count === 0) return CLEAN;
    const by =
      hook === undefined
        ? `${String(count)} of ${String(live.protection?.tasks)} tasks are protected`
        : `hook ${hook.file} protects the task`;
    return judgementOf({
      severity: 'note',
      ...placeIn(agent, 'stopTimeout'),
      seen: `${by}, and stopTimeout is ${inSeconds(stopTimeout)} s`,
      why: 'Scale-in and deployments wait for a protected job and never signal it, however long it takes. A draining host, a spot reclaim and StopTask ignore the protection: there the job has the stopTimeout. One that passes says nothing of the other, and a deployment takes as long as the longest jobs.',
      todo: 'Keep both where hosts or spot capacity come and go, and drill each: scale-in or deployment for the protection, stop-task or drain-instance for the drain.',
      edits: [],
      unknown: null,
    });
  },
};
