import type { FisTemplate } from '../model/entities/experiment.ts';
import { findFact } from '../model/world.ts';
import { templateIn } from '../scenario/inject.ts';
import type { DrillState } from '../state/state.ts';
import { drainInstance } from './drain-instance.ts';
import {
  describeExperimentLeft,
  describeStopConditions,
  injectByFis,
  restoreExperiment,
  type Planned,
} from './experiment.ts';
import type { Fault } from './fault.ts';

/** The action of FIS that interrupts Spot instances, and what it takes (FIS User Guide, actions reference). */
const INTERRUPTS = { action: 'aws:ec2:send-spot-instance-interruptions', type: 'aws:ec2:spot-instance' };

function instanceOf(state: DrillState) {
  const arn = findFact(state.world, 'task', state.target?.taskArn ?? '')?.instanceArn ?? null;
  return arn === null ? null : { arn, ec2Id: findFact(state.world, 'instance', arn)?.ec2Id ?? null };
}

/** The ARN of the EC2 instance, at the place that the ARN of its container instance names. */
function ec2ArnOf(state: DrillState): string | null {
  const instance = instanceOf(state);
  const [, partition, place] = /^arn:([^:]+):ecs:([^:]+:\d{12}):/.exec(instance?.arn ?? '') ?? [];
  if (instance?.ec2Id == null || partition === undefined || place === undefined) return null;
  return `arn:${partition}:ec2:${place}:instance/${instance.ec2Id}`;
}

function namedTemplateOf({ plan }: DrillState): string | null {
  return plan.mode === 'inject' ? templateIn(plan.scenario.inject) : null;
}

/** Why a named template would do something else than interrupt that one instance. */
function explainTemplate({ id, actions, targets }: FisTemplate, ec2Arn: string): string | null {
  const acts = actions.filter(({ action }) => action !== 'aws:fis:wait');
  const other = acts.find(({ action }) => action !== INTERRUPTS.action);
  if (other !== undefined)
    return `template ${id} has the action ${other.action}; spot-reclaim starts only ${INTERRUPTS.action}`;
  const [target, ...more] = targets.filter(({ name }) => acts.some((act) => act.targets.includes(name)));
  if (acts.length !== 1 || target === undefined || more.length > 0)
    return `template ${id} does not interrupt exactly one target`;
  if (target.open || target.arns.length !== 1 || target.type !== INTERRUPTS.type)
    return `template ${id} does not name one Spot instance by its ARN, so which one it would interrupt is not known`;
  return target.arns[0] === ec2Arn
    ? null
    : `template ${id} interrupts ${target.arns[0] ?? ''}, and the target runs on ${ec2Arn}`;
}

function planOf(state: DrillState): Planned {
  const { plan } = state;
  const inject = plan.mode === 'inject' ? plan.scenario.inject : null;
  const role = inject?.fault === 'spot-reclaim' ? inject.role : null;
  const template = namedTemplateOf(state);
  const ec2Arn = ec2ArnOf(state) ?? '';
  return {
    makes: template === null ? { ec2Arn, role: role ?? '' } : null,
    template,
    does: 'interrupt-host',
    instance: instanceOf(state)?.arn ?? null,
  };
}

/** `spot-reclaim` with `through: fis`: AWS interrupts the Spot instance of the target, as it does for its own needs. */
export const spotByFis: Omit<Fault, 'name'> = {
  ...drainInstance,
  needs({ inject }) {
    const made = templateIn(inject) === null;
    return {
      calls: [
        ...(made ? (['create-template', 'delete-template'] as const) : []),
        ...(['start-experiment', 'stop-experiment'] as const),
      ],
      reads: [...drainInstance.needs({ inject, hosts: 'EC2' }).reads, 'experiment', 'fis-of-drill'],
    };
  },
  // What FIS holds of the drill is read before anything is sent: that right is needed to put it back.
  subjects: (state) => [...drainInstance.subjects(state), { kind: 'fis-of-drill', id: state.drill }],
  inert(state) {
    if (state.target === null) return null;
    const instance = instanceOf(state);
    if (instance === null)
      return 'the task runs on Fargate: FIS has no action that interrupts Fargate Spot; leave inject.through out';
    const blocked = drainInstance.inert(state);
    if (blocked !== null) return blocked;
    const ec2Arn = ec2ArnOf(state);
    if (ec2Arn === null) return `ECS names no EC2 instance of container instance ${instance.arn}`;
    const id = namedTemplateOf(state);
    const template = id === null ? null : findFact(state.world, 'fis-template', id);
    if (template === undefined) return `template ${id ?? ''} could not be read`;
    return template === null ? null : explainTemplate(template, ec2Arn);
  },
  describeCalls(state) {
    const id = namedTemplateOf(state);
    const template = id === null ? undefined : findFact(state.world, 'fis-template', id);
    return [
      `AWS FIS interrupts the Spot instance ${instanceOf(state)?.ec2Id ?? ''}: it gets two minutes' notice, and is gone`,
      ...drainInstance.describeCalls(state).slice(1),
      ...(template === undefined ? [] : [`template ${template.id}: ${describeStopConditions(template)}`]),
    ];
  },
  touches(tasks, target, inject) {
    const template = templateIn(inject);
    return [
      ...(template === null ? ['CreateExperimentTemplate: a template of FIS, deleted afterwards'] : []),
      `StartExperiment${template === null ? '' : ` from ${template}`}: the Spot instance of one task of ${tasks}, ${target}, is interrupted and gone`,
    ];
  },
  inject: (state, now) => injectByFis(state, planOf(state), now),
  restore: restoreExperiment,
  undo: restoreExperiment,
  describeLeft: describeExperimentLeft,
};
