import type { ScenarioState } from '../state/state.ts';
import type { World } from '../model/world.ts';
import type { Instant } from '../model/instants.ts';
import type { GuardAnswer } from '../journal/events.ts';
import type { GuardName } from '../model/names.ts';
import type { Reason } from '../model/reasons.ts';

/** When a guard is asked: at the gate there is no target yet, at the last instant there is. */
export type When = 'gate' | 'last-instant';

/** What a guard says of its rule. `reason`: where it is not the guard's own. */
export interface GuardSays {
  readonly holds: boolean;
  readonly waits?: true;
  readonly reason?: Reason;
  readonly said: string;
}

/** One safety rule, asked at the gate and again at the last instant. One that cannot get its answer refuses. */
export interface Guard {
  readonly name: GuardName;
  /** The rule in one sentence, for the reference. */
  readonly rule: string;
  readonly reason: Reason;
  judge(state: ScenarioState, now: Instant, when: When): GuardSays;
}

/** The rule holds. */
export function holds(said: string): { holds: true; said: string } {
  return { holds: true, said };
}

/** The rule refuses. */
export function refuses(said: string): { holds: false; said: string } {
  return { holds: false, said };
}

/** The rule does not hold yet and may by itself: the drill waits, and ends with the reason where it waits in vain. */
export function waits(said: string, reason: Reason): GuardSays {
  return { holds: false, waits: true, reason, said };
}

/** Whether an answer ends the drill at once. */
export function isRefusal({ holds: held, waits: waiting }: GuardAnswer): boolean {
  return !held && waiting !== true;
}

/** Every guard's answer; one that throws refuses. */
export function answersOf(
  guards: readonly Guard[],
  state: ScenarioState,
  now: Instant,
  when: When,
): GuardAnswer[] {
  const known = { ...state, world: dropUnreadable(state) };
  return guards.map((guard) => {
    const { holds: held, waits: waiting, reason, said } = askGuard(guard, known, now, when);
    return {
      guard: guard.name,
      holds: held,
      ...(waiting === true ? { waits: waiting } : {}),
      reason: held ? null : (reason ?? guard.reason),
      said,
    };
  });
}

/** What could be read before and cannot be read now is not known: a guard must not hold on what was true once. */
function dropUnreadable({ world, marks }: ScenarioState): World {
  return Object.fromEntries(Object.entries(world).filter(([key]) => (marks[key]?.trouble ?? null) === null));
}

function askGuard(guard: Guard, state: ScenarioState, now: Instant, when: When): GuardSays {
  try {
    return guard.judge(state, now, when);
  } catch (error) {
    return refuses(
      `the rule could not be checked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
