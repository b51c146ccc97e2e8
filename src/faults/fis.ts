import type { CallOf } from '../model/call.ts';
import type { Experiment, FisTemplate } from '../model/entities/experiment.ts';
import { hasExperimentEnded } from '../model/entities/experiment.ts';
import { findFact, listFacts, type Subject } from '../model/world.ts';
import { templateIn } from '../scenario/inject.ts';
import type { DrillState } from '../state/state.ts';
import {
  describeExperimentLeft,
  describeStopConditions,
  injectByFis,
  restoreExperiment,
} from './experiment.ts';
import type { Fault } from './fault.ts';
import { explainCutList } from './rollout.ts';

/** What a known action does, and to what (FIS User Guide, actions reference). */
const ACTIONS: Readonly<Record<string, CallOf<'start-experiment'>['does']>> = {
  'aws:ecs:stop-task': 'stop-tasks',
  'aws:ecs:drain-container-instances': 'drain-hosts',
};

function templateOf({ plan, world }: DrillState): FisTemplate | undefined {
  const id = plan.mode === 'inject' ? templateIn(plan.scenario.inject) : null;
  return findFact(world, 'fis-template', id ?? '');
}

function listServiceTasks({ world, plan }: DrillState): readonly string[] {
  return findFact(world, 'tasks-of', plan.lockKey)?.arns ?? [];
}

/** The end of an ARN, or the name itself. */
function lastPartOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** What the template can take: everything that it may choose among. */
interface Reach {
  readonly does: CallOf<'start-experiment'>['does'];
  /** ARNs of tasks; `service`: every task of the scenario's service; `hosts`: every task on the cluster's hosts. */
  readonly among: readonly string[] | 'service' | 'hosts';
}

/** What the template can take, or why that is not known: then it is not started. */
function readReach(state: DrillState, { id, actions, targets }: FisTemplate): Reach | string {
  const acts = actions.filter(({ action }) => action !== 'aws:fis:wait');
  const [act, ...others] = acts;
  if (act === undefined) return `template ${id} has no action but waits`;
  if (act.action === 'aws:ec2:send-spot-instance-interruptions')
    return `template ${id} interrupts Spot instances: name it with fault: spot-reclaim, through: fis, which watches the host`;
  const does = ACTIONS[act.action];
  if (does === undefined)
    return `template ${id} has the action ${act.action}; gameday judges only ${Object.keys(ACTIONS).join(' and ')}`;
  if (others.length > 0)
    return `template ${id} has several actions (${acts.map(({ name }) => name).join(', ')})`;
  const [target, ...more] = targets.filter(({ name }) => act.targets.includes(name));
  if (target === undefined || more.length > 0)
    return `action ${act.name} of template ${id} has not one target`;
  if (target.open)
    return `template ${id} chooses by tags or filters, so whom it could take is not known: name tasks by ARN, or by the parameters cluster and service`;
  const { name, service } = state.plan.scenario.cluster;
  if (does === 'drain-hosts')
    return target.arns.length === 1 && lastPartOf(target.arns[0] ?? '') === lastPartOf(name)
      ? { does, among: 'hosts' }
      : `template ${id} drains hosts of ${target.arns.join(', ')}, not of cluster ${name} alone`;
  if (target.arns.length > 0) return { does, among: target.arns };
  const isOurs =
    lastPartOf(target.parameters['cluster'] ?? '') === lastPartOf(name) &&
    service !== null &&
    lastPartOf(target.parameters['service'] ?? '') === service;
  return isOurs ? { does, among: 'service' } : `template ${id} stops tasks of another service or cluster`;
}

function reachOf(state: DrillState): readonly string[] {
  const template = templateOf(state);
  const reach = template === undefined ? null : readReach(state, template);
  if (reach === null || typeof reach === 'string') return [];
  if (reach.among === 'service') return listServiceTasks(state);
  if (reach.among === 'hosts') return findFact(state.world, 'tasks-in', clusterOf(state))?.arns ?? [];
  return reach.among;
}

function clusterOf({ plan }: DrillState): string {
  return plan.scenario.cluster.name;
}

function explainInert(state: DrillState): string | null {
  const template = templateOf(state);
  if (template === undefined) return 'the template could not be read';
  const reach = readReach(state, template);
  if (typeof reach === 'string') return reach;
  const { service } = state.plan.scenario.cluster;
  if (service === null) return 'a template of FIS is watched on a service: cluster.service names none';
  if (state.target === null) return null;
  const cut = explainCutList(state, 'tasks-of', state.plan.lockKey);
  if (cut !== null) return cut;
  const reached = reachOf(state);
  return reached.includes(state.target.taskArn)
    ? null
    : `template ${template.id} cannot take the target, task ${state.target.taskArn}`;
}

/** Whether nothing of it goes on but waits. */
function hasActed(experiment: Experiment): boolean {
  const acts = experiment.actions.filter(({ action }) => action !== 'aws:fis:wait');
  return hasExperimentEnded(experiment) || acts.every(({ status }) => ENDED.has(status));
}

/** States after which an action does nothing more (API reference, ExperimentActionState). */
const ENDED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'stopped', 'failed', 'skipped']);

/** Fault `fis`: the user's own experiment template. Which tasks it stops is judged; it has no undo but to be stopped. */
export const fis: Fault = {
  name: 'fis',
  needs: () => ({
    calls: ['start-experiment', 'stop-experiment'],
    reads: ['service', 'tasks-of', 'tasks-in', 'task', 'experiment', 'fis-of-drill'],
  }),
  subjects(state) {
    const all = [...new Set([...listServiceTasks(state), ...reachOf(state)])];
    const others = all.filter((arn) => arn !== state.target?.taskArn);
    const template = templateOf(state);
    const reach = template === undefined ? null : readReach(state, template);
    const drains = reach !== null && typeof reach !== 'string' && reach.among === 'hosts';
    return [
      { kind: 'tasks-of', id: state.plan.lockKey },
      { kind: 'fis-of-drill', id: state.drill },
      ...(drains ? [{ kind: 'tasks-in', id: clusterOf(state) } as const] : []),
      ...others.map((id): Subject => ({ kind: 'agents-of-task', id })),
    ];
  },
  reach: reachOf,
  inert: explainInert,
  describeCalls(state) {
    const template = templateOf(state);
    if (template === undefined) return [];
    const acts = template.actions.map(({ action }) => action).join(', ');
    return [
      `FIS experiment from template ${template.id} is started: ${acts}`,
      `it may take any of ${String(reachOf(state).length)} tasks`,
      describeStopConditions(template),
    ];
  },
  touches: (tasks, _target, inject) => [
    `StartExperiment from ${templateIn(inject) ?? ''}, which may take any of ${tasks}`,
  ],
  inject(state, now) {
    const template = templateOf(state);
    const reach = template === undefined ? null : readReach(state, template);
    // Guards refused anything else; after `abort` by a mark nothing is injected.
    const does = reach === null || typeof reach === 'string' ? 'stop-tasks' : reach.does;
    return injectByFis(state, { makes: null, template: template?.id ?? '', does, instance: null }, now);
  },
  restore: restoreExperiment,
  undo: restoreExperiment,
  describeLeft: describeExperimentLeft,
  hasFinished: (state, hits) => hits.length > 0 && listFacts(state.world, 'experiment').every(hasActed),
};
