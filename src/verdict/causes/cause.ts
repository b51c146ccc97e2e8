import type { CauseName, RankedCause } from '../../journal/cause.ts';
import type { Grounds } from './grounds.ts';

/** What one cause says of a drill: how sure it is, of what, and what would have saved the build. */
export interface Said {
  readonly weight: RankedCause['weight'];
  readonly said: string;
  /** Numbers of the events that it rests on; null where one was not written. */
  readonly events: readonly (number | null)[];
  readonly saves: string;
  /** What would prove it; null where it is proven. */
  readonly experiment: string | null;
}

/** One thing that a drill can have failed of. */
export interface Cause {
  readonly name: CauseName;
  /** One sentence for a stranger. */
  readonly means: string;
  /** It made nothing fail: it only did not catch what failed. Such a one stands behind all others. */
  readonly isBackstop?: true;
  /** Null where the evidence speaks against it, or not for it. It never says more than was seen. */
  judge(grounds: Grounds): Said | null;
}

/** The one experiment that tells a signal that is not heard from a step that is too long. */
export const IDLE_STRIKE =
  'strike a worker without a job (`when: { trigger: agent-idle, idleFor: 10s }`): one that hears SIGTERM leaves at once with exit code 0, one that does not is killed at stopTimeout (137)';
/** The one experiment that tells the stop from the build. */
export const NO_FAULT =
  'run the same scenario with `inject: { fault: none }`: it fails there too if the stop is not why';
