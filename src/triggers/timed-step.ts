import { seconds } from '../checks/times.ts';
import type { Instant } from '../model/instants.ts';
import { formatStep, makeHistoryId, type StepName } from '../model/step-name.ts';
import type { DrillState } from '../state/state.ts';
import { findFact, type Subject } from '../model/world.ts';
import { fireInFlight, viewOwnBuilds } from './running.ts';
import type { Fired } from './trigger.ts';

/** A step and how long it usually runs, milliseconds; null: as its history says. */
interface Timed {
  readonly step: StepName;
  readonly usually: number | null;
}

/** How long the step usually runs, and who says so; null where nobody does. */
interface Usual {
  readonly ms: number;
  readonly by: string;
}

/** The history is read where the scenario does not say how long the step runs. */
export function historyOf(state: DrillState, { step, usually }: Timed): readonly Subject[] {
  return usually === null
    ? [{ kind: 'step-history', id: makeHistoryId(state.plan.scenario.build.pipeline, step) }]
    : [];
}

function usualOf(state: DrillState, { step, usually }: Timed): Usual | null {
  if (usually !== null) return { ms: usually, by: 'as the scenario says' };
  const durations =
    findFact(state.world, 'step-history', makeHistoryId(state.plan.scenario.build.pipeline, step))
      ?.durations ?? [];
  if (durations.length === 0) return null;
  return { ms: median(durations), by: `the median of its ${String(durations.length)} latest passed jobs` };
}

function median(durations: readonly number[]): number {
  const sorted = durations.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? upper) + upper) / 2);
}

/** Fires when so much of the step's usual time is left; `left` gives it from that time, milliseconds. */
export function fireWithTimeLeft(
  state: DrillState,
  timed: Timed,
  left: (usual: number) => number,
  now: Instant,
): Fired {
  const usual = usualOf(state, timed);
  if (usual === null)
    return {
      fires: 'never',
      said: `step ${formatStep(timed.step)} of ${state.plan.scenario.build.pipeline} has no passed job yet, so how long it runs is not known: set when.usually`,
    };
  const { ms, by } = usual;
  const rest = Math.round(left(ms));
  const inFlightFor = Math.max(0, ms - rest);
  const fired = fireInFlight({ step: timed.step, inFlightFor }, viewOwnBuilds(state), now);
  if (fired.fires !== 'now') return fired;
  const short = ms < rest ? ', less than what should be left' : '';
  return {
    ...fired,
    why: `${fired.why}, with about ${seconds(Math.min(rest, ms))} left of ${seconds(ms)} (${by}${short})`,
  };
}

/** What a timed trigger waited for. */
export function describeWaitForStep(state: DrillState, timed: Timed, left: string): string {
  const usual = usualOf(state, timed);
  const of = usual === null ? 'its usual time' : seconds(usual.ms);
  return `step ${formatStep(timed.step)} was not in flight until ${left} of ${of} was left`;
}
