import { GUARDS } from '../safety/list.ts';
import { answersOf } from '../safety/guard.ts';
import type { Instant } from '../model/instants.ts';
import { stepOf } from '../scenario/when.ts';
import { isInjecting, hasReadSince, type DrillState } from '../state/state.ts';
import { askNow, haltDrill, type Step } from '../state/step.ts';
import { listGateSubjects } from '../scenario/subjects.ts';
import { findLastingTrouble, isServiceFact } from '../state/trouble.ts';
import { keyOf, findFact, type Subject } from '../model/world.ts';

/** How long a service that does not answer is asked again before anything was started, milliseconds. */
const PATIENCE = 10_000;

/** Before anything is started: what the guards and the plan must know is read, then every guard answers. */
export function decideGate(state: DrillState, now: Instant): Step {
  const subjects = [...listGateSubjects(state.plan), ...listOwnAgent(state)];
  const trouble = findLastingTrouble(state, subjects, now, PATIENCE);
  if (trouble !== null) return haltDrill(trouble.reason, trouble.said);
  const open = subjects.filter((subject) => !isAnswered(state, subject));
  if (open.length > 0) return askNow(state, open, now);
  const wrong = haltWrongPlan(state);
  if (wrong !== null) return wrong;
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

/** Surroundings that cannot be read are answered too: their guard refuses. Services are asked again while there is patience. */
function isAnswered(state: DrillState, subject: Subject): boolean {
  if (hasReadSince(state, subject.kind, subject.id, state.takenUpAt)) return true;
  const mark = state.marks[keyOf(subject)];
  return mark !== undefined && mark.triedAt >= state.takenUpAt && !isServiceFact(subject.kind);
}

/** Our own agent's task is known to Buildkite alone when the metadata endpoint is out of reach. */
function listOwnAgent(state: DrillState): readonly Subject[] {
  const self = findFact(state.world, 'self', 'self');
  return self?.agentId == null ? [] : [{ kind: 'agent', id: self.agentId }];
}

function haltWrongPlan(state: DrillState): Step | null {
  if (state.plan.mode === 'assert') return null;
  const { scenario, mode } = state.plan;
  const step = stepOf(scenario.when);
  const pipeline = findFact(state.world, 'pipeline', scenario.build.pipeline);
  const keys = pipeline?.stepKeys ?? null;
  if (step !== null && keys !== null && pipeline?.dynamic === false && !keys.includes(step))
    return haltDrill(
      'no-such-step',
      `pipeline ${scenario.build.pipeline} has no step with key "${step}"; keys that it has: ${keys.join(', ') || 'none'}`,
    );
  if (mode === 'baseline') return null;
  const cluster = findFact(state.world, 'cluster', scenario.cluster.name);
  if (cluster !== undefined && cluster.status !== 'ACTIVE')
    return haltDrill('no-such-cluster', `cluster ${scenario.cluster.name} is ${cluster.status}, not ACTIVE`);
  const service =
    scenario.cluster.service === null
      ? undefined
      : findFact(state.world, 'service', scenario.cluster.service);
  if (service !== undefined && service.status !== 'ACTIVE')
    return haltDrill('no-such-cluster', `service ${service.name} is ${service.status}, not ACTIVE`);
  return null;
}

/** After the gate: a refusal ends the drill, a dry run is over, else the build comes next. */
export function decideGated(state: DrillState): Step | null {
  if (state.plan.dryRun) return haltDrill('planned', 'a dry run: nothing was sent that changes anything');
  const refused = state.gate?.find((answer) => !answer.holds);
  return refused === undefined
    ? null
    : haltDrill(refused.reason ?? 'not-allowed', `${refused.guard}: ${refused.said}`);
}
