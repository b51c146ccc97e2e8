import { expect } from 'vitest';
import { UNDO_TAG } from '../../src/model/entities/undo-mark.ts';
import type { Job } from '../../src/model/entities/job.ts';
import { isGoingDown } from '../../src/model/entities/task.ts';
import type { Instance, Service, Task } from '../../src/model/entities/task.ts';
import type { Scenario } from '../../src/scenario/schema.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { eventsOf } from '../../src/journal/events.ts';
import {
  aContainer,
  aJob,
  anAgent,
  AGENT_ID,
  aService,
  aTask,
  JOB_ID,
  TASK_ARN,
} from '../support/builders.ts';
import { jobEvent } from '../support/journal-builders.ts';
import { formatSuspension } from '../../src/model/entities/scaling.ts';
import { planOf, type ScenarioOver } from '../support/plans.ts';
import { SPOT_RECLAIM } from '../support/spot.ts';
import { RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const SERVICE = 'build-agents';
/** How often the scheduler of the fleet looks, milliseconds. */
const TICK = 500;

/** The task of worker n; the first one hosts the step. */
export function taskOf(n: number): string {
  return n === 1 ? TASK_ARN : TASK_ARN.replace(/.{4}$/, `000${String(n)}`);
}

/** The agent of worker n. */
export function agentOf(n: number): string {
  return AGENT_ID.replace(/1$/, String(n));
}

/** The job that worker n has beside the step. */
export function jobOf(n: number): string {
  return JOB_ID.replace(/1$/, String(n));
}

export const HOST = 'arn:aws:ecs:us-east-1:123456789012:container-instance/build-prod/feed';

/** A host of the fleet that takes tasks. */
export function aHost(over: Partial<Instance> = {}): Instance {
  return { arn: HOST, ec2Id: 'i-0feed', status: 'ACTIVE', running: 1, ...over };
}

/** How a fleet differs from three workers that drain, of which the first runs the step. */
export interface FleetOptions {
  readonly inject: Scenario['inject'];
  readonly workers?: number;
  readonly scenario?: ScenarioOver;
  /** Whom the scheduler takes where it may choose; else the last. */
  readonly takes?: (task: Task) => boolean;
  /** Workers by number whose shell eats the signal. */
  readonly deaf?: readonly number[];
  /** Workers by number that run a job beside the step's. */
  readonly busy?: readonly number[];
  readonly service?: Partial<Service>;
  /** Tasks by number that live on the host. */
  readonly hosted?: readonly number[];
  readonly task?: Partial<Task>;
  /** Workers by number whose hooks protect their task while a job runs, and for how long at most. */
  readonly hooked?: {
    readonly workers: readonly number[];
    readonly minutes?: number;
    readonly lifts?: boolean;
  };
  /** The scheduler does nothing. */
  readonly asleep?: boolean;
  readonly staged?: Staged;
  readonly set?: (stage: Theatre) => void;
}

/** A service of workers and a scheduler that keeps its count, protects whom it must, rolls deployments and empties hosts. */
export function fleet(options: FleetOptions): Theatre {
  const { inject, workers = 3, scenario = {}, staged = {} } = options;
  const plan = planOf({ ...scenario, limits: { pollEvery: 1_000, ...scenario.limits }, inject });
  return theatre({
    plan,
    runsFor: null,
    onStop: (stage, task) => leave(stage, task.arn, options),
    ...staged,
    set: (stage) => {
      people(stage, workers, options);
      const tick = (): void => {
        work(stage, options);
        hook(stage, options);
        if (options.asleep !== true) schedule(stage, options);
        stage.clock.at(stage.clock.now() + TICK, tick);
      };
      stage.clock.at(stage.clock.now() + TICK, tick);
      options.set?.(stage);
    },
  });
}

function people({ ecs, buildkite }: Theatre, workers: number, options: FleetOptions): void {
  const counts = { desired: workers, running: workers, pending: 0 };
  const [deployment] = aService().deployments;
  const deployments = deployment === undefined ? [] : [{ ...deployment, ...counts }];
  ecs.world.services.set(SERVICE, aService({ ...counts, deployments, ...options.service }));
  ecs.world.tasks.clear();
  ecs.world.instances.set(HOST, aHost());
  for (let n = 1; n <= workers; n += 1) {
    const hosted = options.hosted?.includes(n) === true ? { instanceArn: HOST, launchType: 'EC2' } : {};
    ecs.world.tasks.set(taskOf(n), aTask({ arn: taskOf(n), ...hosted, ...(n === 1 ? options.task : {}) }));
    const tags = { 'ecs:task-arn': taskOf(n), 'ecs:container-name': 'ecs-build-agent-1-agent-a1' };
    const agent = anAgent({ id: agentOf(n), name: `worker-${String(n)}`, tags, isRunningJob: false });
    buildkite.world.agents.set(agent.id, agent);
  }
}

/** As soon as the step runs, the busy ones run their jobs too. */
function work({ buildkite, clock }: Theatre, { busy = [] }: FleetOptions): void {
  const step = buildkite.world.jobs.get(JOB_ID);
  if (step?.state !== 'running') return;
  for (const n of busy) {
    if (buildkite.world.jobs.has(jobOf(n))) continue;
    const over: Partial<Job> = { id: jobOf(n), stepKey: `side-${String(n)}`, agentId: agentOf(n) };
    const events = [jobEvent('STARTED', clock.now())];
    buildkite.world.jobs.set(
      jobOf(n),
      aJob({ ...over, buildId: step.buildId, startedAt: clock.now(), events }),
    );
    buildkite.setAgent(agentOf(n), { isRunningJob: true });
  }
}

/** Before a command the hook protects, once; when it is over it lifts. */
function hook({ ecs, buildkite, clock }: Theatre, { hooked }: FleetOptions): void {
  for (const n of hooked?.workers ?? []) {
    const taskArn = taskOf(n);
    const jobs = [...buildkite.world.jobs.values()].filter(({ agentId }) => agentId === agentOf(n));
    const runs = jobs.some(({ state }) => state === 'running');
    const own = ecs.world.protections.get(taskArn);
    const expiresAt = clock.now() + (hooked?.minutes ?? 60) * 60_000;
    if (runs && own === undefined) ecs.world.protections.set(taskArn, { taskArn, enabled: true, expiresAt });
    if (!runs && own?.enabled === true && hooked?.lifts !== false)
      ecs.world.protections.set(taskArn, { taskArn, enabled: false, expiresAt: null });
    if (own?.enabled === true && (own.expiresAt ?? Infinity) <= clock.now())
      ecs.world.protections.set(taskArn, { taskArn, enabled: false, expiresAt: null });
  }
}

function isProtected({ ecs, clock }: Theatre, { arn }: Task): boolean {
  const protection = ecs.world.protections.get(arn);
  return protection?.enabled === true && (protection.expiresAt ?? 0) > clock.now();
}

function schedule(stage: Theatre, options: FleetOptions): void {
  const { world } = stage.ecs;
  const service = world.services.get(SERVICE);
  const primary = service?.deployments[0];
  if (service === undefined || primary === undefined) return;
  const live = [...world.tasks.values()].filter(
    (task) => task.group === `service:${SERVICE}` && !isGoingDown(task),
  );
  const leaving = live.filter((task) => task.startedBy !== primary.id || drains(stage, task));
  const staying = live.filter((task) => !leaving.includes(task));
  const free = leaving.filter((task) => drains(stage, task) || !isProtected(stage, task));
  if (staying.length < service.desired) start(stage, primary.id);
  else if (free[0] !== undefined) stop(stage, free[0].arn, options);
  else if (staying.length > service.desired) scaleIn(stage, staying, options);
  count(stage);
}

function drains({ ecs }: Theatre, task: Task): boolean {
  return ecs.world.instances.get(task.instanceArn ?? '')?.status === 'DRAINING';
}

function scaleIn(stage: Theatre, staying: readonly Task[], options: FleetOptions): void {
  const free = staying.filter((task) => !isProtected(stage, task));
  const chosen = free.find((task) => options.takes?.(task) === true) ?? free.at(-1);
  if (chosen !== undefined) stop(stage, chosen.arn, options);
  else say(stage, 'was unable to stop 1 tasks because they are protected.');
}

function say({ ecs, clock }: Theatre, message: string): void {
  const service = ecs.world.services.get(SERVICE);
  if (service === undefined || service.events[0]?.message === message) return;
  const event = { id: String(service.events.length), at: clock.now(), message };
  ecs.world.services.set(SERVICE, { ...service, events: [event, ...service.events] });
}

function start({ ecs, clock }: Theatre, deployment: string): void {
  const arn = TASK_ARN.replace(/.{4}$/, `1${String(ecs.world.tasks.size).padStart(3, '0')}`);
  ecs.world.tasks.set(arn, aTask({ arn, startedBy: deployment, createdAt: clock.now() }));
}

/** The scheduler stops a task, and its worker leaves or dies. */
export function stop(stage: Theatre, arn: string, options: Pick<FleetOptions, 'deaf'>): void {
  stage.ecs.setTask(arn, {
    desired: 'STOPPED',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)',
    stoppingAt: stage.clock.now(),
  });
  leave(stage, arn, options);
}

function count({ ecs }: Theatre): void {
  const service = ecs.world.services.get(SERVICE);
  const [primary] = service?.deployments ?? [];
  if (service === undefined || primary === undefined) return;
  const live = [...ecs.world.tasks.values()].filter(
    (task) => task.group === `service:${SERVICE}` && !isGoingDown(task),
  );
  const steady = live.length === service.desired && live.every(({ startedBy }) => startedBy === primary.id);
  ecs.world.services.set(SERVICE, {
    ...service,
    running: live.length,
    deployments: (steady ? [{ ...primary, rolloutState: 'COMPLETED' }] : service.deployments).map((one) => ({
      ...one,
      running: live.filter(({ startedBy }) => startedBy === one.id).length,
    })),
  });
}

/** What a worker does when it is told to stop: it drains, or it is deaf, dies after 30 s and is lost. */
export function leave(stage: Theatre, arn: string, { deaf = [] }: Pick<FleetOptions, 'deaf'>): void {
  const { buildkite, clock } = stage;
  const told = clock.now();
  const agent = [...buildkite.world.agents.values()].find(({ tags }) => tags['ecs:task-arn'] === arn);
  if (agent === undefined) {
    clock.at(told + 500, () => exit(stage, arn, 0));
    return;
  }
  const jobs = (): readonly Job[] =>
    [...buildkite.world.jobs.values()].filter((job) => job.agentId === agent.id && job.state === 'running');
  if (deaf.some((n) => agentOf(n) === agent.id)) {
    clock.at(told + 30_000, () => exit(stage, arn, 137));
    clock.at(told + 200_000, () => lose(stage, agent.id, jobs()));
    return;
  }
  const drained = told + (jobs().length === 0 ? 300 : 10_000);
  clock.at(drained, () => jobs().forEach(({ id }) => stage.finishJob({}, id)));
  clock.at(drained + 500, () => {
    const left = { connection: 'disconnected', rawConnection: 'disconnected' } as const;
    const times = { stoppedGracefullyAt: told + 200, disconnectedAt: clock.now() };
    buildkite.setAgent(agent.id, { ...left, ...times, isRunningJob: false });
  });
  clock.at(drained + 1_500, () => exit(stage, arn, 0));
}

function exit({ ecs, clock }: Theatre, arn: string, exitCode: number): void {
  ecs.setTask(arn, {
    status: 'STOPPED',
    executionStoppedAt: clock.now(),
    stoppedAt: clock.now(),
    containers: [aContainer({ status: 'STOPPED', exitCode })],
  });
}

function lose(stage: Theatre, agentId: string, jobs: readonly Job[]): void {
  const { buildkite, clock } = stage;
  const lost = { connection: 'lost', rawConnection: 'lost', lostAt: clock.now() } as const;
  buildkite.setAgent(agentId, { ...lost, isRunningJob: false });
  for (const job of jobs) {
    const events = [...(job.events ?? []), jobEvent('AGENT_LOST', clock.now(), { actor: 'system' })];
    stage.finishJob({ passed: false, exitStatus: '-1', events }, job.id);
  }
}

/** The calls that changed something in ECS, in short words: tasks by their last four digits. */
export function changes({ ecs }: Theatre): readonly string[] {
  return ecs.calls.flatMap(({ operation, args: [call] }) => {
    const of = call as Readonly<Record<string, unknown>>;
    const tasks = (of['tasks'] as readonly string[] | undefined)?.map((arn) => arn.slice(-4)).join(' ');
    if (operation === 'protectTasks')
      return [`${of['enabled'] === true ? 'protect' : 'lift'} ${tasks ?? ''}`];
    if (operation === 'setDesiredCount') return [`count ${String(of['former'])} -> ${String(of['desired'])}`];
    if (operation === 'setInstanceState') return [String(of['status'])];
    return operation === 'forceDeployment' || operation === 'stopTask' ? [operation] : [];
  });
}

/** What somebody finds after the drill: the desired count, protected tasks, hosts that take none, and a mark. */
export function found({ ecs, autoScaling, clock }: Theatre): string {
  const shielded = [...ecs.world.protections.values()].filter(
    ({ enabled, expiresAt }) => enabled && (expiresAt ?? 0) > clock.now(),
  );
  const { desired = 0, tags = {} } = ecs.world.services.get(SERVICE) ?? {};
  const hosts = [...ecs.world.instances.values()].map(({ status }) => status);
  const suspended = autoScaling.world.targets.get(SERVICE)?.suspended;
  const scaling = suspended === undefined ? 'nothing' : formatSuspension(suspended);
  const min = autoScaling.world.targets.get(SERVICE)?.min ?? MINIMUM;
  const floor = min === MINIMUM ? '' : `, minimum ${String(min)}`;
  const rests = scaling === 'nothing' ? '' : `, suspended ${scaling}`;
  return `desired ${String(desired)}, protected ${shielded.map(({ taskArn }) => taskArn.slice(-4)).join(' ') || 'none'}, host ${hosts.join(' ')}${rests}${floor}${tags[UNDO_TAG] === undefined ? '' : `, mark ${tags[UNDO_TAG]}`}`;
}

/** What GD_SETTLED says was left. */
export function left(journal: readonly DrillEvent[]): readonly string[] {
  return eventsOf(journal, 'GD_SETTLED').at(-1)?.payload.left ?? [];
}

/** What is said where the mark of a drill could not be removed. */
export const MARK_LEFT =
  'the tag gameday:undo stays on service build-agents, and no drill begins there before `gameday drills abort --cluster build-prod --service build-agents`';

/** How a fleet is found before a drill, and after one that put everything back. */
export const AS_BEFORE = 'desired 3, protected none, host ACTIVE';

export const OFTEN = { limits: { pollEvery: 5_000 }, safety: { tasks: 3 } };

/** The minimum capacity with which the service is registered. */
const MINIMUM = 3;

/** A service that is registered with Application Auto Scaling, and a policy that would scale it in to one task. */
export function scaled({ autoScaling, clock, ecs }: Theatre): void {
  const suspended = { in: false, out: false, scheduled: false };
  autoScaling.world.targets.set(SERVICE, { min: MINIMUM, max: 5, suspended });
  autoScaling.world.policies = [
    { name: 'jobs', type: 'TargetTrackingScaling', scalesIn: true, scalesOut: true },
  ];
  const look = (): void => {
    const target = autoScaling.world.targets.get(SERVICE);
    const desired = ecs.world.services.get(SERVICE)?.desired ?? 0;
    if (target?.suspended.in === false && desired > target.min)
      autoScaling.scale(
        SERVICE,
        Math.max(1, target.min),
        'monitor alarm low in state ALARM triggered policy jobs',
      );
    clock.at(clock.now() + TICK, look);
  };
  clock.at(clock.now() + TICK, look);
}

/** Every fault that leaves something to be undone. */
export const UNDONE: readonly (readonly [string, FleetOptions])[] = [
  ['scale-in', { inject: { fault: 'scale-in', steered: true }, scenario: OFTEN }],
  [
    'scale-in that suspends automatic scaling',
    {
      inject: { fault: 'scale-in', steered: true, autoscaling: 'suspend' },
      ...{ scenario: OFTEN, set: scaled },
    },
  ],
  ['autoscale-in', { inject: { fault: 'autoscale-in', steered: true }, scenario: OFTEN, set: scaled }],
  ['drain-instance', { inject: { fault: 'drain-instance' }, hosted: [1], scenario: OFTEN }],
  ['spot-reclaim on EC2', { inject: SPOT_RECLAIM, hosted: [1], scenario: OFTEN }],
  ['deployment', { inject: { fault: 'deployment' }, scenario: OFTEN }],
];

/** A fleet whose runner died at an event, some time later: what a runner that takes the drill up finds. */
export async function died(
  options: FleetOptions,
  at: number,
  moment: 'written' | 'unwritten',
  later: number,
): Promise<Theatre> {
  const stage = fleet(options);
  stage.dieAt(at, moment);
  await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
  stage.cutTo(at);
  stage.clock.pass(later);
  return stage;
}
