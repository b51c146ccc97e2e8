import { seconds } from '../checks/times.ts';
import type { Instant } from '../model/instants.ts';
import { formatStep, makeHistoryId } from '../model/step-name.ts';
import type { DrillState } from '../state/state.ts';
import { findUsualTime, type TimedStep } from '../state/usual-time.ts';
import type { Subject } from '../model/world.ts';
import { fireInFlight, viewOwnBuilds } from './running.ts';
import type { Fired } from './trigger.ts';

/** The history is read where the scenario does not say how long the step runs. */
export function historyOf(state: DrillState, { step, usually }: TimedStep): readonly Subject[] {
  return usually === null
    ? [{ kind: 'step-history', id: makeHistoryId(state.plan.scenario.build.pipeline, step) }]
    : [];
}

/** Fires when so much of the step's usual time is left; `left` gives it from that time, milliseconds. */
export function fireWithTimeLeft(
  state: DrillState,
  timed: TimedStep,
  left: (usual: number) => number,
  now: Instant,
): Fired {
  const usual = findUsualTime(state, timed);
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
export function describeWaitForStep(state: DrillState, timed: TimedStep, left: string): string {
  const usual = findUsualTime(state, timed);
  const of = usual === null ? 'its usual time' : seconds(usual.ms);
  return `step ${formatStep(timed.step)} was not in flight until ${left} of ${of} was left`;
}
