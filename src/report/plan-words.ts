import { assertNever } from '../model/errors.ts';
import { formatSpan } from '../model/instants.ts';
import { formatStep } from '../model/step-name.ts';
import { formatFault, isThroughFis } from '../scenario/inject.ts';
import type { Plan } from '../scenario/plan.ts';
import { hasBuild } from '../scenario/schema.ts';
import type { When } from '../scenario/when.ts';
import { makeSentence, type Sentence } from './changes.ts';
import { agentOf } from './sections.ts';

/** What a drill is about to do, and where. */
export function describePlan(plan: Plan, drill: string): readonly Sentence[] {
  const { scenario, rig } = plan;
  const at = scenario.cluster.service === null ? '' : ` (service ${scenario.cluster.service})`;
  const builds = hasBuild(scenario) ? `${plan.organization}/${scenario.build.pipeline}, ` : '';
  const where = `${builds}cluster ${scenario.cluster.name}${at}, ${plan.region}`;
  const sentences = [
    makeSentence(`drill ${drill}: ${scenario.title}`, 'loud'),
    makeSentence(`${describeAct(plan)} in ${where}`),
  ];
  if (rig === null)
    return plan.label === null ? sentences : [...sentences, makeSentence(`all of it is the ${plan.label}`)];
  sentences.push(
    makeSentence(`the rig stands in for Buildkite and ECS: ${rig.executor} executor, ${agentOf(rig)}`),
  );
  const why = rig.noPid1 === undefined ? '' : `: ${rig.noPid1.said}`;
  if (!rig.pid1)
    sentences.push(
      makeSentence(`WORKERS HAVE NO REAL PID 1 HERE: what depends on it cannot be judged${why}`, 'warn'),
    );
  return sentences;
}

function describeAct(plan: Plan): string {
  if (plan.mode === 'assert') return 'judging every stop that ECS shows';
  const { inject, when } = plan.scenario;
  return `${formatFault(inject.fault, isThroughFis(inject))} ${sayWhen(when)}`;
}

function sayWhen(when: When): string {
  switch (when.trigger) {
    case 'step-in-flight':
      return `while step ${formatStep(when.step)} is in flight`;
    case 'agent-idle':
      return 'while a worker has no job';
    case 'near-end':
      return `while step ${formatStep(when.step)} has ${formatSpan(when.left)} left`;
    case 'at-fraction':
      return `while step ${formatStep(when.step)} has ${String(Math.round(when.fractionLeft * 100))} % left`;
    case 'fleet-busy':
      return `while ${String(when.busy)} workers are busy`;
    default:
      return assertNever(when);
  }
}
