import type { AutoScaling } from '../auto-scaling/port.ts';
import type { Buildkite } from '../buildkite/port.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Counters } from '../counters/port.ts';
import type { Read } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { Clock } from '../model/clock.ts';
import type { Person } from '../model/person.ts';
import type { Digest } from '../model/secret-looks.ts';
import type { Fact } from '../model/world.ts';
import type { DrillState } from '../state/state.ts';
import type { Ask } from '../state/step.ts';
import type { Surroundings } from '../surroundings/port.ts';
import type { Notifier } from '../notify/port.ts';
import type { UserCommand } from '../user-command/port.ts';
import type { Fis } from '../fis/port.ts';

/** What an observation gave: the latest read of each subject, and the facts that changed. */
export interface Observation {
  readonly reads: readonly Read[];
  readonly facts: readonly Fact[];
}

/** Who watches for a drill. A drill says what it wants to know as a list of asks; how they are polled, and for how many drills at once, is the Observer's affair. */
export interface Observer {
  /** Resolves when something changed, every fresh ask was answered, `by` has come, or the signal aborts. The state names the drill that asks. */
  observe(state: DrillState, asks: readonly Ask[], by: number, signal: AbortSignal): Promise<Observation>;
}

/** Everything outside that one drill needs. */
export interface DrillPorts {
  readonly buildkite: Buildkite;
  readonly ecs: Ecs;
  readonly autoScaling: AutoScaling;
  readonly fis: Fis;
  readonly surroundings: Surroundings;
  readonly command: UserCommand;
  readonly counters: Counters;
  /** Absent where the hooks are not known: nobody is told. */
  readonly notifier?: Notifier;
  readonly observer: Observer;
  /** Never earlier than the journal's last event. */
  readonly clock: Clock;
  readonly journal: Journal;
  readonly person: Person;
  /** What stands in the place of secrets that services show: keyed for this drill. */
  readonly digest: Digest;
}
