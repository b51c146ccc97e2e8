import { fold, isInjecting, type ScenarioState } from '../../src/state/state.ts';
import { keyOf, type Fact, type FactKind } from '../../src/model/world.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import type { NewEvent, Read } from '../../src/journal/events.ts';
import { answersOf, type Guard, type When } from '../../src/safety/guard.ts';
import {
  AGENT_ID,
  aBuild,
  aCluster,
  aJob,
  anAgent,
  aPipeline,
  aService,
  aTask,
  BUILD_ID,
  JOB_ID,
  NOON,
  TASK_ARN,
} from './builders.ts';
import { fact, journalOf, read, TARGET } from './journal-builders.ts';
import { planOf, type ScenarioOver } from './plans.ts';

export const LOCK_KEY = planOf().lockKey;
export const NOBODY = {
  taskArn: null,
  agentId: null,
  jobId: null,
  buildId: null,
  triggeringBuildId: null,
  unresolved: null,
};

/** How a drill at its last instant differs from one that every guard lets through. */
export interface Guarded {
  readonly scenario?: ScenarioOver;
  readonly plan?: Partial<Omit<Plan, 'scenario'>>;
  /** Facts that replace those of the same name, or come on top. */
  readonly facts?: readonly Fact[];
  /** Kinds of which nothing is known. */
  readonly without?: readonly FactKind[];
  /** Reads that failed after everything had been read once. */
  readonly failing?: readonly Read[];
  /** False: at the gate, before any build or target. */
  readonly aimed?: boolean;
  readonly confirmed?: boolean;
  /** Events after the target was chosen. */
  readonly then?: readonly NewEvent[];
}

function factsOf({ facts = [], without = [] }: Guarded): readonly Fact[] {
  const safe = [
    fact('self', NOBODY, 'self'),
    fact('kill-switch', { thrown: null }, 'kill-switch'),
    fact('cluster', aCluster(), 'build-prod'),
    fact('service', aService(), 'build-agents'),
    fact('recent-stops', { tasks: [] }, LOCK_KEY),
    fact('ledger', { injections: [] }, LOCK_KEY),
    fact('lock', { key: LOCK_KEY, ours: true, heldBy: null, since: NOON }, LOCK_KEY),
    fact('pipeline', aPipeline(), 'canary'),
    fact('build', aBuild()),
    fact('job', aJob()),
    fact('agent', anAgent({ jobs: [JOB_ID] })),
    fact('agents-of-task', { taskArn: TASK_ARN, agents: [AGENT_ID], complete: true }, TASK_ARN),
    fact('task', aTask()),
  ];
  const all = new Map([...safe, ...facts].map((one) => [keyOf(one), one]));
  return [...all.values()].filter(({ kind }) => !without.includes(kind));
}

/** The state of such a drill. */
export function guardedState(guarded: Guarded = {}): ScenarioState {
  const facts = factsOf(guarded);
  const reads = facts.map(({ kind, id }) => read(kind, id, NOON + 100));
  const aimed: readonly NewEvent[] =
    guarded.aimed === false
      ? []
      : [
          { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } },
          { code: 'GD_TARGET_CHOSEN', payload: { target: TARGET, attempt: 1 } },
        ];
  const confirmed: readonly NewEvent[] =
    guarded.confirmed === true ? [{ code: 'GD_CONFIRMED', payload: { answer: 'yes', shown: '' } }] : [];
  const events: readonly NewEvent[] = [
    { code: 'GD_DRILL_PLANNED', payload: { plan: planOf(guarded.scenario, guarded.plan) } },
    { code: 'GD_OBSERVED', payload: { reads, facts: [...facts] } },
    ...(guarded.failing === undefined
      ? []
      : [{ code: 'GD_OBSERVED' as const, payload: { reads: [...guarded.failing], facts: [] } }]),
    ...aimed,
    ...confirmed,
    ...(guarded.then ?? []),
  ];
  const state = fold(journalOf(events.map((event, index) => [NOON + 100 + index, event])));
  if (!isInjecting(state)) throw new Error('no guard is asked where nothing is injected');
  return state;
}

/** One guard's answer: `holds`, `waits` with the reason under which it ends in vain, or the reason under which it refuses. */
export function guardAnswer(guard: Guard, guarded: Guarded = {}, now = NOON + 10_000): string {
  const when: When = guarded.aimed === false ? 'gate' : 'last-instant';
  const [answer] = answersOf([guard], guardedState(guarded), now, when);
  if (answer?.waits === true) return `waits ${answer.reason ?? ''}`;
  return answer?.holds === true ? 'holds' : (answer?.reason ?? 'no answer');
}
