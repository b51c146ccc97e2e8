import type { RankedCause } from '../../model/cause.ts';
import type { CauseName } from '../../model/names.ts';
import type { Grounds } from './grounds.ts';

/** What one cause says about a drill: how sure it is, what happened, and what would have saved the build. */
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

/** One possible cause of a failed drill. */
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
    | 'a stop that was to be held off'
    | 'no retry';
  /** The cause made nothing fail, it only did not repair the failure. It is listed after all others. */
  readonly isBackstop?: true;
  /** Null if the evidence speaks against the cause, or not for it. Must not say more than was seen. */
  judge(grounds: Grounds): Said | null;
}

/** The one experiment that tells a signal that is not heard from a step that is too long. */
export const IDLE_STRIKE =
  'stop a worker without a job (`when: { trigger: agent-idle, idleFor: 10s }`): an agent that hears SIGTERM leaves at once with exit code 0; one that does not is killed at stopTimeout (137)';
/** The experiment that shows whether the stop or the build itself is the cause. */
export const NO_FAULT =
  'run the same scenario with `inject: { fault: none }`: it fails again if the stop is not the cause';
/** The agent's own log names what it heard and why it ended. */
export const AGENT_LOG =
  "read the end of the agent's log: it names each signal that it got, a refused heartbeat, and why it left";
