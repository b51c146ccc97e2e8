import type { DrillState } from '../state/state.ts';
import { longestFirst, overWithout, ownJobs } from './running.ts';
import { specOf, type Trigger } from './trigger.ts';
import { isBusy, runningTasks, tasksListed, workerAsks, workersOf } from './workers.ts';

function busyAgents(state: DrillState): ReadonlySet<string> {
  return new Set(
    workersOf(state)
      .filter(({ agent }) => isBusy(state, agent))
      .map(({ agent }) => agent.id),
  );
}

/** Trigger `fleet-busy`: so many workers of the service or family have a job, one of them a job of ours; ours is meant, the longest running. */
export const fleetBusy: Trigger = {
  kind: 'fleet-busy',
  reads: ['tasks-of'],
  before: (state) => [tasksListed(state)],
  asks: (state, every) => workerAsks(state, runningTasks(state), every),
  fire(state) {
    const { busy, step } = specOf(state, 'fleet-busy');
    const { builds, jobs, inFlightSince } = ownJobs(state);
    const ofStep = jobs.filter(({ stepKey }) => step === null || stepKey === step);
    const over = overWithout(step, builds, ofStep);
    if (over !== null) return { fires: 'never', said: over };
    const agents = busyAgents(state);
    const running = longestFirst(ofStep, inFlightSince);
    const aim = running.find(({ agentId }) => agentId !== null && agents.has(agentId));
    if (agents.size < busy || aim === undefined) return { fires: 'later', at: null, candidates: running };
    const which = aim.job.stepKey ?? aim.job.label ?? aim.job.id;
    return {
      fires: 'now',
      aim,
      why: `${String(agents.size)} workers are busy, one of them with step ${which}`,
    };
  },
  waitedFor(state) {
    const { busy, step } = specOf(state, 'fleet-busy');
    const of = step === null ? 'of the build' : `of step ${step}`;
    const now = busyAgents(state).size;
    return `there were not ${String(busy)} busy workers, one of them with a job ${of} (${String(now)} at the last look)`;
  },
};
