import { GUARDS } from '../safety/list.ts';
import { answersOf, isRefusal } from '../safety/guard.ts';
import type { Instant } from '../model/instants.ts';
import { explainAbsentStep, listAbsentStepSubjects, listTriggeredPipelines } from './absent-step.ts';
import type { Reason } from '../model/reasons.ts';
import { waitBeforeBuild } from './settling.ts';
import { isInjecting, hasReadSince, markOf, type DrillState } from '../state/state.ts';
import { askNow, fresh, haltDrill, type Step } from '../state/step.ts';
import { BUDGET, listGateSubjects } from '../scenario/subjects.ts';
import { findLastingTrouble, isServiceFact } from '../state/trouble.ts';
import { FACTS, keyOf, findFact, type Subject } from '../model/world.ts';
import { explainShortCredentials } from './access.ts';

/** How long a service that does not answer is asked again before anything was started, milliseconds. */
const PATIENCE = 10_000;

/** Before anything is started: what the guards and the plan must know is read, then every guard answers. */
export function decideGate(state: DrillState, now: Instant): Step {
  const subjects = [
    ...listGateSubjects(state.plan),
    ...listNamedSubjects(state),
    ...listAbsentStepSubjects(state),
  ];
  const trouble = findLastingTrouble(state, subjects, now, PATIENCE);
  if (trouble !== null) return haltDrill(trouble.reason, trouble.said);
  const open = subjects.filter((subject) => !isAnswered(state, subject));
  if (open.length > 0) return askNow(state, open, now);
  const wrong = haltWrongPlan(state);
  if (wrong !== null) return wrong;
  if (!knowsBudget(state, subjects)) return { do: 'observe', asks: [fresh(BUDGET)], by: now };
  const short = explainShortCredentials(state, now);
  if (short !== null) return haltDrill('aws-unauthorized', short);
  return {
    do: 'conclude',
    event: {
      code: 'GD_GUARDS_ANSWERED',
      payload: {
        at: 'gate',
        answers: isInjecting(state) ? answersOf(GUARDS, state, now, 'gate') : [],
      },
    },
  };
}

/** What is left of Buildkite's budget is named by its answers, so it is known after the first of them. */
function knowsBudget(state: DrillState, subjects: readonly Subject[]): boolean {
  const answers = subjects
    .filter(({ kind }) => FACTS[kind].from === 'Buildkite')
    .map(({ kind, id }) => markOf(state, kind, id)?.okAnsweredAt ?? -Infinity);
  return answers.length === 0 || hasReadSince(state, BUDGET.kind, BUDGET.id, Math.max(...answers));
}

/** Surroundings that cannot be read are answered too: their guard refuses. Services are asked again while there is patience. */
function isAnswered(state: DrillState, subject: Subject): boolean {
  if (hasReadSince(state, subject.kind, subject.id, state.takenUpAt)) return true;
  const mark = state.marks[keyOf(subject)];
  return mark !== undefined && mark.triedAt >= state.takenUpAt && !isServiceFact(subject.kind);
}

/**
 * What the first answers name: our own agent, whose task is known to Buildkite alone when the metadata endpoint is out of
 * reach, and the pipelines of trigger steps.
 */
export function listNamedSubjects(state: DrillState): readonly Subject[] {
  const self = findFact(state.world, 'self', 'self');
  const agent: readonly Subject[] = self?.agentId == null ? [] : [{ kind: 'agent', id: self.agentId }];
  return [...agent, ...listTriggeredPipelines(state)];
}

function haltWrongPlan(state: DrillState): Step | null {
  const [wrong] = findWrongPlan(state);
  return wrong === undefined ? null : haltDrill(wrong.reason, wrong.said);
}

/** Something that the plan names and that is not there. */
interface WrongPlan {
  readonly about: 'step' | 'cluster' | 'service';
  readonly reason: Reason;
  readonly said: string;
}

/** Everything of the plan that is known to be wrong; the first of it ends the drill. */
export function findWrongPlan(state: DrillState): readonly WrongPlan[] {
  const { plan, world } = state;
  if (plan.mode === 'assert') return [];
  const { scenario, mode } = plan;
  const wrong: WrongPlan[] = [];
  const absent = explainAbsentStep(state);
  if (absent !== null) wrong.push({ about: 'step', reason: 'no-such-step', said: absent });
  if (mode === 'baseline') return wrong;
  const cluster = findFact(world, 'cluster', scenario.cluster.name);
  if (cluster !== undefined && cluster.status !== 'ACTIVE') {
    const said = `cluster ${scenario.cluster.name} is ${cluster.status}, not ACTIVE`;
    wrong.push({ about: 'cluster', reason: 'no-such-cluster', said });
  }
  const service = findFact(world, 'service', scenario.cluster.service ?? '');
  if (service !== undefined && service.status !== 'ACTIVE') {
    const said = `service ${service.name} is ${service.status}, not ACTIVE`;
    wrong.push({ about: 'service', reason: 'no-such-service', said });
  }
  return wrong;
}

/** After the gate: a refusal ends the drill, a dry run is over, else the build comes next, as soon as nobody takes its worker away. */
export function decideGated(state: DrillState, now: Instant): Step | null {
  if (state.plan.dryRun) return haltDrill('planned', 'a dry run: nothing was sent that changes anything');
  const refused = state.gate?.find(isRefusal);
  return refused === undefined
    ? waitBeforeBuild(state, now)
    : haltDrill(refused.reason ?? 'not-allowed', `${refused.guard}: ${refused.said}`);
}
