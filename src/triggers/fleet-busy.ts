import { formatStep, matchesStep } from '../model/step-name.ts';
import type { DrillState } from '../state/state.ts';
import { sortLongestFirst, explainNeverInFlight, viewOwnBuilds } from './running.ts';
import { specOf, type Trigger } from './trigger.ts';
import {
  isBusy,
  listRunningTasks,
  makeListingSubject,
  listWorkerAsks,
  sayCutListing,
  workersOf,
} from './workers.ts';

function listBusyAgents(state: DrillState): ReadonlySet<string> {
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
  before: (state) => [makeListingSubject(state)],
  asks: (state, every) => listWorkerAsks(state, listRunningTasks(state), every),
  fire(state) {
    const { busy, step } = specOf(state, 'fleet-busy');
    const { builds, jobs, inFlightSince } = viewOwnBuilds(state);
    const ofStep = jobs.filter((job) => step === null || matchesStep(step, job));
    const over = explainNeverInFlight(step, builds, jobs);
    if (over !== null) return { fires: 'never', said: over };
    const agents = listBusyAgents(state);
    const running = sortLongestFirst(ofStep, inFlightSince);
    const aim = running.find(({ agentId }) => agentId !== null && agents.has(agentId));
    if (agents.size < busy || aim === undefined) return { fires: 'later', at: null, candidates: running };
    const which = aim.job.stepKey ?? aim.job.label ?? aim.job.id;
    return {
      fires: 'now',
      aim,
      why: `${String(agents.size)} workers are busy${sayCutListing(state)}, one of them with step ${which}`,
    };
  },
  waitedFor(state) {
    const { busy, step } = specOf(state, 'fleet-busy');
    const of = step === null ? 'of the build' : `of step ${formatStep(step)}`;
    const now = listBusyAgents(state).size;
    return `there were not ${String(busy)} busy workers${sayCutListing(state)}, one of them with a job ${of} (${String(now)} at the last look)`;
  },
};
