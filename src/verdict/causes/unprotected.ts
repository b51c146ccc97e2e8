import { formatClockTime } from '../../checks/times.ts';
import { byEcs, clocksOf } from '../../evidence/clocks.ts';
import { findProtectionBefore } from '../../evidence/spared.ts';
import type { Cause, Said } from './cause.ts';
import type { Grounds } from './grounds.ts';

const EXPERIMENT =
  "read the job's log: the hook that protects the task says what ECS answered, for a refusal is HTTP 200 too";

/** Scale-in and deployments leave only a task alone whose protection is on and has not ended (UpdateTaskProtection). */
export const unprotected: Cause = {
  name: 'unprotected',
  means: 'Nothing protected the task any more, or yet, while its job ran.',
  explains: 'a stop that was to be held off',
  judge(grounds) {
    return grounds.reason === 'not-spared' ? judgeProtection(grounds) : null;
  },
};

function judgeProtection({ evidence, stop, agent }: Grounds): Said {
  const before = findProtectionBefore(evidence);
  const events = [before?.seq ?? null, agent?.task.seq ?? null];
  const expiresAt = before?.value.expiresAt ?? null;
  if (before?.value.enabled === false)
    return {
      ...{ weight: 'proven', events, experiment: EXPERIMENT },
      said: 'the task was not protected when the change was made',
      saves: "protect the task before the job's command starts (hook pre-command), and look at the answer",
    };
  const isOver =
    expiresAt !== null && stop !== null && clocksOf(evidence).distance(byEcs(expiresAt), stop).ms >= 0;
  if (isOver)
    return {
      ...{ weight: 'proven', events, experiment: EXPERIMENT },
      said: `its protection ended at ${formatClockTime(expiresAt)} UTC, before its job did`,
      saves: 'ExpiresInMinutes longer than the longest job',
    };
  return {
    ...{ weight: 'possible', events, experiment: EXPERIMENT },
    said: `its protection was lifted while the job ran, or did not hold${expiresAt === null ? '' : `: it was set until ${formatClockTime(expiresAt)} UTC`}`,
    saves: 'lift the protection in the last hook of the job (pre-exit) alone',
  };
}
