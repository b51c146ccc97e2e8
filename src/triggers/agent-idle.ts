import { evidenceOf } from '../evidence/evidence.ts';
import { formatSpan, type Instant } from '../model/instants.ts';
import type { Task } from '../model/entities/task.ts';
import { markOf, type DrillState } from '../state/state.ts';
import { paced } from '../state/step.ts';
import { findFact } from '../model/world.ts';
import { specOf, type Trigger } from './trigger.ts';
import {
  isBusy,
  listRunningTasks,
  makeListingSubject,
  listWorkerAsks,
  sayCutListing,
  sayUnmapped,
  workersOf,
} from './workers.ts';

/** So many tasks are looked at closely at a time: a fleet of hundreds is not read whole to find one idle worker. */
const CLOSELY = 5;
/** A worker that was busy is looked at again after this long, milliseconds. */
const BUSY_FOR = 30_000;

/** The first few tasks that are not known to be busy. */
function listIdleCandidates(state: DrillState, now: Instant): readonly Task[] {
  return listRunningTasks(state)
    .filter(({ arn }) => {
      const readAt = markOf(state, 'agents-of-task', arn)?.okSentAt ?? null;
      if (readAt === null || now - readAt > BUSY_FOR) return true;
      const agents = findFact(state.world, 'agents-of-task', arn)?.agents ?? [];
      return agents.some((id) => {
        const agent = findFact(state.world, 'agent', id);
        return agent !== undefined && !isBusy(state, agent);
      });
    })
    .slice(0, CLOSELY);
}

/** Trigger `agent-idle`: a connected worker of the service or family has been seen without a job for as long as the scenario says. */
export const agentIdle: Trigger = {
  kind: 'agent-idle',
  reads: ['tasks-of'],
  before: (state) => [makeListingSubject(state)],
  asks(state, every) {
    const tasks = listIdleCandidates(state, evidenceOf(state.index).lastEvent.at);
    const arns = new Set(tasks.map(({ arn }) => arn));
    const idle = workersOf(state).filter(({ agent, task }) => arns.has(task.arn) && !isBusy(state, agent));
    // A listing of agents does not show which jobs they were given: that is read of each by itself.
    return [
      ...listWorkerAsks(state, tasks, every),
      ...idle.map(({ agent }) => paced({ kind: 'agent', id: agent.id }, every * 2)),
    ];
  },
  fire(state, now) {
    const { idleFor } = specOf(state, 'agent-idle');
    const idle = workersOf(state)
      .filter(({ agent }) => state.idleSince[agent.id] !== undefined && !isBusy(state, agent))
      .map(({ agent }) => ({ agent, since: state.idleSince[agent.id] ?? now }))
      .sort((a, b) => a.since - b.since);
    const [first] = idle;
    if (first === undefined) return { fires: 'later', at: null, candidates: [] };
    const candidates = idle.map(({ agent }) => ({ agentId: agent.id, job: null }));
    const at = first.since + idleFor;
    if (now < at) return { fires: 'later', at, candidates };
    return {
      fires: 'now',
      aim: { agentId: first.agent.id, job: null },
      why: `agent ${first.agent.name} has no job`,
    };
  },
  waitedFor(state) {
    const { idleFor } = specOf(state, 'agent-idle');
    return `no worker${sayCutListing(state)} was seen without a job for ${formatSpan(idleFor)}${sayUnmapped(state)}`;
  },
};
