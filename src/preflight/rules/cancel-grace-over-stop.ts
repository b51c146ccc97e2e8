import { inSeconds } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { durationOf } from '../../worker/settings.ts';
import { isHostsChoice } from '../../worker/worker.ts';

/** If a canceled job may take longer to end than its container lives, SIGKILL cuts it off. */
export const cancelGraceOverStop: Rule = {
  id: 'cancel-grace-over-stop',
  rule: '`--cancel-grace-period` is not longer than the `stopTimeout`.',
  severities: ['warning'],
  sources: [
    'https://buildkite.com/docs/agent/self-hosted/configure (cancel-grace-period)',
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)',
  ],
  judge({ settings, worker }) {
    const grace = settings.get('cancel-grace-period');
    const ms = durationOf(grace);
    if (grace === null || ms === null) return CLEAN;
    if (isHostsChoice(worker))
      return notKnown(
        'how long the host waits before SIGKILL, which is the limit of the cancel grace period',
      );
    const window = worker.stop.agent.granted;
    if (ms <= window) return CLEAN;
    return judgementOf({
      severity: 'warning',
      document: grace.document,
      path: grace.path,
      seen: `--cancel-grace-period ${grace.value} with ${inSeconds(window)} s until SIGKILL`,
      why: 'If a job is canceled while its task stops, it is granted more time for clean-up and artifacts than the container lives: SIGKILL comes first, and the job is lost instead of canceled.',
      todo: 'Make it some seconds shorter than the stopTimeout.',
      edits: window < 2_000 ? grace.without : grace.with(inSeconds(Math.max(1_000, window - 10_000))),
      unknown: null,
    });
  },
};
