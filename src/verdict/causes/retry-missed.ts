import { finalAttempt } from '../../evidence/attempts.ts';
import type { Cause, Said } from './cause.ts';
import { foreseenBy, type Grounds } from './grounds.ts';

const RULE = '`"retry": { "automatic": [{ "exit_status": -1, "limit": 2 }] }`';

/** A lost agent is exit status -1, which `"*"` does not match (Buildkite, retry): the backstop did not catch. */
export const retryMissed: Cause = {
  name: 'retry-missed',
  means: 'A backstop that did not catch: no automatic retry repeated the lost attempt.',
  isBackstop: true,
  judge(grounds) {
    const { hurt, attempts, reason } = grounds;
    if ((reason !== 'lost' && reason !== 'masked-loss') || hurt?.loss == null) return null;
    const last = finalAttempt(hurt, attempts);
    // One that was retried, and lost again, was matched; so was one that a person repeated only after all of them.
    if (hurt.job.retryType === 'automatic' || last.job.retryType === 'automatic') return null;
    return judged(grounds, hurt.seen.seq);
  },
};

function judged(grounds: Grounds, event: number): Said {
  const { hurt } = grounds;
  const step = hurt?.job.stepKey ?? null;
  const rule = foreseenBy(grounds, 'retry-misses-lost-agent');
  const ofStep = grounds.look.foreseen.find(
    (one) => one.rule === rule?.rule && step !== null && one.seen.startsWith(`step ${step} `),
  );
  const saves = `a retry of lost agents: ${RULE} saves the build, not the time; the loss still counts as one`;
  if (ofStep !== undefined)
    return {
      weight: 'proven',
      said: ofStep.seen.includes('has no automatic retry')
        ? `no retry: ${ofStep.seen}, so nothing repeated the lost attempt`
        : `the retry rule did not match: ${ofStep.seen}, and a lost agent is exit status -1, which "*" (1 to 255) does not match`,
      events: [ofStep.event, event],
      saves,
      experiment: null,
    };
  return {
    weight: 'possible',
    said: 'no automatic retry came after the lost attempt: its step has none, or none whose rule matches exit status -1',
    events: [event],
    saves,
    experiment: 'look at the step: `gameday preflight` reads its retry rules',
  };
}
