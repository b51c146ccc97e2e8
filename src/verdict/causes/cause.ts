import type { CauseName, RankedCause } from '../../model/cause.ts';
import type { Grounds } from './grounds.ts';

/** What one cause says of a drill: how sure it is, of what, and what would have saved the build. */
export interface Said {
  /** `proven` only stands where no other cause explains the same facts. */
  readonly weight: RankedCause['weight'];
  readonly said: string;
  /** Numbers of the events that it rests on; null where one was not written. */
  readonly events: readonly (number | null)[];
  readonly saves: string;
  /** What would prove it where it is not proven. */
  readonly experiment: string;
}

/** One thing that a drill can have failed of. */
export interface Cause {
  readonly name: CauseName;
  /** One sentence for a stranger. */
  readonly means: string;
  /** The facts that it explains: of two causes of the same facts none is proven (verdict rule 13). */
  readonly explains:
    | 'how the container ended'
    | 'how the job ended'
    | 'a second agent'
    | 'a sidecar'
    | 'a cancelation'
    | 'how long it took'
    | 'no retry';
  /** It made nothing fail: it only did not catch what failed. Such a one stands behind all others. */
  readonly isBackstop?: true;
  /** Null where the evidence speaks against it, or not for it. It never says more than was seen. */
  judge(grounds: Grounds): Said | null;
}

/** The one experiment that tells a signal that is not heard from a step that is too long. */
export const IDLE_STRIKE =
  'strike a worker without a job (`when: { trigger: agent-idle, idleFor: 10s }`): an agent that hears SIGTERM leaves at once with exit code 0; one that does not is killed at stopTimeout (137)';
/** The one experiment that tells the stop from the build. */
export const NO_FAULT =
  'run the same scenario with `inject: { fault: none }`: it fails again if the stop is not the cause';
/** The agent's own log names what it heard and why it ended. */
export const AGENT_LOG =
  "read the end of the agent's log: it names each signal that it got, a refused heartbeat, and why it left";
