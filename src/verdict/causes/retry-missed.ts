import { findFinalAttempt } from '../../evidence/attempts.ts';
import type { Cause, Said } from './cause.ts';
import type { Grounds } from './grounds.ts';

/** As the step's YAML takes it. */
const RULE = '`retry: { automatic: [{ exit_status: -1, limit: 2 }] }`';

/** A lost agent is exit status -1, which `"*"` does not match (Buildkite, retry): no automatic retry repeated the job. */
export const retryMissed: Cause = {
  name: 'retry-missed',
  means: 'The backstop failed: no automatic retry repeated the lost attempt.',
  explains: 'no retry',
  isBackstop: true,
  judge(grounds) {
    const { hurt, attempts, reason } = grounds;
    if ((reason !== 'lost' && reason !== 'masked-loss') || hurt?.loss == null) return null;
    const last = findFinalAttempt(hurt, attempts);
    // An attempt that was retried automatically and lost again did match a rule.
    if (hurt.job.retryType === 'automatic' || last.job.retryType === 'automatic') return null;
    return judgeRetry(grounds, hurt.seen.seq);
  },
};

function judgeRetry({ hurt, look }: Grounds, event: number): Said {
  const step = hurt?.job.stepKey ?? null;
  const saves = `a retry of lost agents: ${RULE} saves the build, not the time; the loss still counts`;
  const experiment = 'look at the step: `gameday preflight` reads its retry rules';
  for (const { data, seen, event: looked } of look.foreseen) {
    if (step === null || data?.about !== 'lost-agent-retry' || !data.keys.includes(step)) continue;
    return {
      // Buildkite's page does not say whether a rule without exit_status matches -1.
      weight: data.matches === 'no' ? 'proven' : 'likely',
      said: data.hasRules
        ? `the retry rule did not match: ${seen}, and a lost agent is exit status -1, which "*" (1 to 255) does not match`
        : `no retry: ${seen}, so nothing repeated the lost attempt`,
      events: [looked, event],
      saves,
      experiment,
    };
  }
  return {
    weight: 'possible',
    said: 'no automatic retry followed the lost attempt: its step has no retry rule, or none that matches exit status -1',
    events: [event],
    saves,
    experiment,
  };
}
