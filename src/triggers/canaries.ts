import { matchesStep } from '../model/step-name.ts';
import { stepOfPlan } from '../scenario/plan.ts';
import type { DrillState } from '../state/state.ts';
import { viewOwnBuilds } from './running.ts';
import type { Trigger } from './trigger.ts';

/** Which builds of the drill have no job in flight on a worker of its own; null where all have. */
function explainMissing(state: DrillState): string | null {
  const { jobs } = viewOwnBuilds(state);
  const step = stepOfPlan(state.plan);
  const running = jobs.filter((job) => job.state === 'running' && (step === null || matchesStep(step, job)));
  const { count } = state.plan.scenario.build;
  const builds = new Set(running.map(({ buildId }) => buildId)).size;
  const workers = new Set(running.map(({ agentId }) => agentId)).size;
  if (builds >= count && workers >= count) return null;
  return `of ${String(count)} builds ${String(builds)} were in flight, on ${String(workers)} workers`;
}

/** The same trigger, but it waits until every build of the drill is in flight on a worker of its own: each of them is a canary. */
export function awaitEveryCanary(trigger: Trigger): Trigger {
  return {
    ...trigger,
    fire(state, now) {
      const fired = trigger.fire(state, now);
      if (fired.fires !== 'now' || explainMissing(state) === null) return fired;
      return { fires: 'later', at: null, candidates: [fired.aim] };
    },
    waitedFor(state) {
      const missing = explainMissing(state);
      return missing === null
        ? trigger.waitedFor(state)
        : `not every build had a worker of its own: ${missing}`;
    },
  };
}
