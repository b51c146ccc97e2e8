import type { Fact } from '../../src/model/world.ts';
import type { Answer, Outcome, Trouble } from '../../src/model/answer.ts';
import type { Call, CallOf, EcsCall } from '../../src/model/call.ts';
import type { PlainDocument } from '../../src/model/entities/document.ts';
import { UNDO_TAG } from '../../src/model/entities/undo-mark.ts';
import type { Caller, ClockOffset, Credentials } from '../../src/model/entities/surroundings.ts';
import { isGoingDown, hasTaskEnded } from '../../src/model/entities/task.ts';
import type {
  Cluster,
  Instance,
  Protection,
  Service,
  Task,
  TaskDefinition,
} from '../../src/model/entities/task.ts';
import type { Ecs, ServiceDeployment } from '../../src/ecs/port.ts';
import { aCluster, aService, aTask, aTaskDefinition, NOON } from './builders.ts';
import { carryOut, createScript } from './fake-script.ts';
import type { FakeScript } from './fake-script.ts';

/** What a script calls each change. */
const CHANGES = {
  'stop-task': 'stopTask',
  'set-desired-count': 'setDesiredCount',
  'force-deployment': 'forceDeployment',
  'protect-tasks': 'protectTasks',
  'set-instance-state': 'setInstanceState',
  'mark-service': 'markService',
  'unmark-service': 'unmarkService',
} as const;

type Operation = Exclude<keyof Ecs, 'clock' | 'restFor' | 'send'> | (typeof CHANGES)[keyof typeof CHANGES];

/** What the fake knows; tests change it at will. */
export interface FakeEcsWorld {
  clusters: Map<string, Cluster>;
  services: Map<string, Service>;
  tasks: Map<string, Task>;
  definitions: Map<string, TaskDefinition>;
  instances: Map<string, Instance>;
  protections: Map<string, Protection>;
  /** The deployments that ECS keeps, by service. */
  deployments: Map<string, readonly ServiceDeployment[]>;
  /** StopTask calls that took effect, by task ARN. */
  landed: Map<string, number>;
  /** StopTask answers the task unchanged and does nothing. */
  ignoresStops: boolean;
  /** No listing of running tasks comes to its end. */
  isListingCut: boolean;
  /** Nothing is answered, and nothing happens, until the caller gives up. */
  isSilent: boolean;
  credentials: Credentials;
  caller: Caller;
  clock: ClockOffset | null;
}

/** ECS in memory, with its world and its script. */
export interface FakeEcs extends Ecs, FakeScript<Operation> {
  readonly world: FakeEcsWorld;
  setTask(arn: string, over: Partial<Task>): void;
}

export interface FakeEcsOptions {
  readonly clusters?: readonly Cluster[];
  readonly services?: readonly Service[];
  readonly tasks?: readonly Task[];
  readonly definitions?: readonly TaskDefinition[];
  readonly instances?: readonly Instance[];
  readonly now?: () => number;
  /** Runs when a stop took effect: tests let the worker drain or die here. */
  readonly onStop?: (task: Task) => void;
  /** Runs when a service was changed: tests let the scheduler act here. */
  readonly onService?: (service: Service) => void;
  /** Runs when an instance was changed. */
  readonly onChange?: (call: CallOf<'set-instance-state'>) => void;
}

/** A definition as ECS gives it. */
function documentOf({ arn, family, containers }: TaskDefinition): PlainDocument {
  return {
    ...{ taskDefinitionArn: arn, family, requiresCompatibilities: ['FARGATE'] },
    containerDefinitions: containers.map((container) => ({
      ...{ name: container.name, image: 'example/build-agent:1', essential: container.essential },
      ...{ entryPoint: container.entryPoint, command: container.command },
      environment: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
      ...(container.stopTimeout === null ? {} : { stopTimeout: container.stopTimeout / 1000 }),
      dependsOn: container.dependsOn.map((containerName) => ({ containerName, condition: 'START' })),
    })),
  };
}

function failed(
  kind: 'not-found' | 'refused',
  message: string,
): { ok: false; trouble: { kind: 'not-found' | 'refused'; message: string; retryAfter: null } } {
  return { ok: false, trouble: { kind, message, retryAfter: null } };
}

/** What a caller has who waited until it gave up. */
async function giveUp(signal: AbortSignal): Promise<Trouble> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return { kind: 'aborted', message: 'interrupted', retryAfter: null };
}

function belongs(task: Task, of: { readonly service?: string; readonly family?: string }): boolean {
  if (of.service !== undefined) return task.group === `service:${of.service}`;
  return of.family === undefined || task.definition.includes(`:task-definition/${of.family}:`);
}

function given<T>(outcome: Outcome<T>, of: (value: T) => readonly Fact[]): Outcome<readonly Fact[]> {
  return outcome.ok ? { ok: true, value: of(outcome.value) } : outcome;
}

/** ECS in memory: answers from its world, fails as scripted. It follows the contract suite of the port. */
export function fakeEcs(options: FakeEcsOptions = {}): FakeEcs {
  const script = createScript<Operation>();
  const now = options.now ?? (() => NOON);
  const world: FakeEcsWorld = {
    clusters: new Map((options.clusters ?? [aCluster()]).map((cluster) => [cluster.name, cluster])),
    services: new Map((options.services ?? [aService()]).map((service) => [service.name, service])),
    tasks: new Map((options.tasks ?? [aTask()]).map((task) => [task.arn, task])),
    definitions: new Map((options.definitions ?? [aTaskDefinition()]).map((one) => [one.arn, one])),
    instances: new Map((options.instances ?? []).map((one) => [one.arn, one])),
    protections: new Map(),
    deployments: new Map(),
    landed: new Map(),
    ignoresStops: false,
    isListingCut: false,
    isSilent: false,
    credentials: { expiresAt: null, renewable: true },
    caller: { account: '123456789012', arn: 'arn:aws:iam::123456789012:user/rig' },
    clock: null,
  };

  function answer<T>(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    look: () => Answer<T>,
  ): Promise<Answer<T>> {
    const planned = script.enter(operation, args, signal);
    if (world.isSilent) return giveUp(signal).then((trouble) => ({ ok: false, trouble }));
    return Promise.resolve(planned === null ? look() : { ok: false, trouble: planned.trouble });
  }
  function inCluster<T>(name: string, look: (cluster: Cluster) => Answer<T>): Answer<T> {
    const cluster = [...world.clusters.values()].find((one) => one.name === name || one.arn === name);
    return cluster === undefined
      ? failed('not-found', `ECS knows no cluster "${name}" there`)
      : look(cluster);
  }

  function stop(call: Extract<Call, { kind: 'stop-task' }>): Outcome<Task> {
    const task = world.tasks.get(call.taskArn);
    if (task === undefined || hasTaskEnded(task)) {
      return { ...failed('refused', 'The referenced task was not found.'), certainty: 'refused' };
    }
    if (world.ignoresStops) return { ok: true, value: task };
    world.landed.set(task.arn, (world.landed.get(task.arn) ?? 0) + 1);
    if (isGoingDown(task)) return { ok: true, value: task };
    const stopped: Task = {
      ...task,
      desired: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: call.reason,
      stoppingAt: now(),
      version: (task.version ?? 0) + 1,
    };
    world.tasks.set(task.arn, stopped);
    options.onStop?.(stopped);
    return { ok: true, value: stopped };
  }

  function refusedAs(message: string): { ok: false; certainty: 'refused'; trouble: Trouble } {
    return { ok: false, certainty: 'refused', trouble: { kind: 'refused', message, retryAfter: null } };
  }

  function changeService(name: string, over: Partial<Service>): Outcome<Service> {
    const service = world.services.get(name);
    if (service === undefined) return refusedAs(`no service ${name}`);
    const changed = { ...service, ...over };
    world.services.set(name, changed);
    options.onService?.(changed);
    return { ok: true, value: changed };
  }

  function tag(arn: string, value: string | null): Outcome<Service> {
    const service = [...world.services.values()].find((one) => one.arn === arn);
    if (service === undefined) return refusedAs('The specified resource was not found.');
    const { [UNDO_TAG]: _former, ...others } = service.tags;
    const tags = value === null ? others : { ...others, [UNDO_TAG]: value };
    world.services.set(service.name, { ...service, tags });
    return { ok: true, value: service };
  }

  /** A forced deployment is the service's PRIMARY at once; whose tasks run until the scheduler acts is the former one's. */
  function deploy(name: string): Outcome<Service> {
    const former = world.services.get(name)?.deployments ?? [];
    const [model] = former;
    if (model === undefined) return refusedAs(`service ${name} has no deployment`);
    const id = `ecs-svc/${String(Number(model.id.split('/')[1]) + 1)}`;
    const begun = { ...model, id, rolloutState: 'IN_PROGRESS', running: 0, createdAt: now() };
    return changeService(name, {
      deployments: [begun, ...former.map((one) => ({ ...one, status: 'ACTIVE' }))],
    });
  }

  function protect(call: CallOf<'protect-tasks'>): Outcome<readonly Protection[]> {
    const made = call.tasks.map((taskArn) => ({
      taskArn,
      enabled: call.enabled,
      expiresAt: call.enabled ? now() + (call.minutes ?? 120) * 60_000 : null,
    }));
    for (const protection of made) world.protections.set(protection.taskArn, protection);
    return { ok: true, value: made };
  }

  function setInstanceState(call: CallOf<'set-instance-state'>): Outcome<Instance> {
    const instance = world.instances.get(call.instance);
    if (instance === undefined) return refusedAs(`no container instance ${call.instance}`);
    const changed = { ...instance, status: call.status };
    world.instances.set(call.instance, changed);
    options.onChange?.(call);
    return { ok: true, value: changed };
  }

  function change(call: EcsCall): Outcome<readonly Fact[]> {
    switch (call.kind) {
      case 'stop-task':
        return given(stop(call), (value) => [{ kind: 'task', id: value.arn, value }]);
      case 'set-desired-count': {
        const changed = changeService(call.service, { desired: call.desired });
        return given(changed, (value) => [{ kind: 'service', id: call.service, value }]);
      }
      case 'force-deployment':
        return given(deploy(call.service), (value) => [{ kind: 'service', id: call.service, value }]);
      case 'protect-tasks':
        return given(protect(call), (all) =>
          all.map((value) => ({ kind: 'protection', id: value.taskArn, value })),
        );
      case 'set-instance-state':
        return given(setInstanceState(call), (value) => [{ kind: 'instance', id: value.arn, value }]);
      case 'mark-service':
        return given(tag(call.serviceArn, call.mark), () => []);
      case 'unmark-service':
        return given(tag(call.serviceArn, null), () => []);
    }
  }

  return {
    ...script,
    world,
    setTask: (arn, over) => {
      const task = world.tasks.get(arn);
      if (task === undefined) throw new Error(`the fake has no task ${arn}`);
      world.tasks.set(arn, { ...task, version: (task.version ?? 0) + 1, ...over });
    },
    cluster: (name, signal) =>
      answer('cluster', [name], signal, () => inCluster(name, (value) => ({ ok: true, value }))),
    service: (cluster, name, signal) =>
      answer('service', [cluster, name], signal, () =>
        inCluster(cluster, () => {
          const value = world.services.get(name);
          return value === undefined
            ? failed('not-found', `ECS knows no service "${name}" in cluster "${cluster}" there`)
            : { ok: true, value };
        }),
      ),
    tasks: (cluster, arns, signal) =>
      answer('tasks', [cluster, arns], signal, () =>
        inCluster(cluster, ({ arn }) => ({
          ok: true,
          value: [...world.tasks.values()].filter(
            (task) => task.clusterArn === arn && arns.includes(task.arn),
          ),
        })),
      ),
    taskDefinition: (arn, signal) =>
      answer('taskDefinition', [arn], signal, () => {
        const value = world.definitions.get(arn);
        return value === undefined
          ? failed('refused', 'Unable to describe task definition.')
          : { ok: true, value };
      }),
    taskDefinitionDocument: (arn, signal) =>
      answer('taskDefinitionDocument', [arn], signal, () => {
        const value = world.definitions.get(arn);
        return value === undefined
          ? failed('refused', 'Unable to describe task definition.')
          : { ok: true, value: documentOf(value) };
      }),
    clusterNames: (signal) =>
      answer('clusterNames', [], signal, () => ({ ok: true, value: [...world.clusters.keys()].toSorted() })),
    serviceNames: (cluster, signal) =>
      answer('serviceNames', [cluster], signal, () =>
        inCluster(cluster, () => ({ ok: true, value: [...world.services.keys()].toSorted() })),
      ),
    serviceDocument: (cluster, name, signal) =>
      answer('serviceDocument', [cluster, name], signal, () =>
        inCluster(cluster, () => {
          const value = world.services.get(name);
          if (value === undefined)
            return failed('not-found', `ECS knows no service "${name}" in cluster "${cluster}" there`);
          const { desired, minimumHealthyPercent, maximumPercent, arn } = value;
          const taskDefinition = [...world.definitions.keys()].at(-1);
          return {
            ok: true,
            value: {
              ...{ serviceArn: arn, serviceName: name, taskDefinition, desiredCount: desired },
              launchType: 'FARGATE',
              deploymentConfiguration: { minimumHealthyPercent, maximumPercent },
            },
          };
        }),
      ),
    serviceDeployments: (cluster, name, since, signal) =>
      answer('serviceDeployments', [cluster, name, since], signal, () =>
        inCluster(cluster, () => {
          if (!world.services.has(name)) return failed('not-found', `ECS knows no service "${name}" there`);
          if (since < Date.now() - 90 * 86_400_000)
            return failed('refused', 'Before and After time filter must be within the last 3 months.');
          const kept = world.deployments.get(name) ?? [];
          const deployments = kept.filter(({ createdAt }) => (createdAt ?? 0) > since);
          return { ok: true, value: { deployments, complete: !world.isListingCut } };
        }),
      ),
    capacityProviders: (cluster, names, signal) =>
      answer('capacityProviders', [cluster, names], signal, () => ({
        ok: true,
        value: names.filter((name) => name.startsWith('FARGATE')).map((name) => ({ name, status: 'ACTIVE' })),
      })),
    recentStops: (cluster, of, signal) =>
      answer('recentStops', [cluster, of], signal, () =>
        inCluster(cluster, () => {
          const ours = [...world.tasks.values()].filter((task) => isGoingDown(task) && belongs(task, of));
          const tasks = ours.map((task) => ({
            arn: task.arn,
            stoppedReason: task.stoppedReason,
            stoppingAt: task.stoppingAt,
            ended: hasTaskEnded(task),
          }));
          return { ok: true, value: { tasks, complete: true } };
        }),
      ),
    tasksOf: (cluster, of, signal) =>
      answer('tasksOf', [cluster, of], signal, () =>
        inCluster(cluster, () => {
          const wanted = of.stopped ?? false;
          const tasks = [...world.tasks.values()].filter(
            (task) => isGoingDown(task) === wanted && belongs(task, of),
          );
          return { ok: true, value: { tasks, complete: !world.isListingCut } };
        }),
      ),
    tasksOn: (cluster, instance, signal) =>
      answer('tasksOn', [cluster, instance], signal, () =>
        inCluster(cluster, () => {
          const tasks = [...world.tasks.values()].filter(
            (task) => !isGoingDown(task) && task.instanceArn === instance,
          );
          return { ok: true, value: { tasks, complete: !world.isListingCut } };
        }),
      ),
    instance: (cluster, arn, signal) =>
      answer('instance', [cluster, arn], signal, () => {
        const value = world.instances.get(arn);
        return value === undefined
          ? failed('not-found', `ECS knows no container instance "${arn}" there`)
          : { ok: true, value };
      }),
    protections: (cluster, arns, signal) =>
      answer('protections', [cluster, arns], signal, () =>
        inCluster(cluster, () => ({
          ok: true,
          value: arns
            .filter((arn) => world.tasks.has(arn))
            .map((taskArn) => world.protections.get(taskArn) ?? { taskArn, enabled: false, expiresAt: null }),
        })),
      ),
    credentials: (signal) =>
      answer('credentials', ['aws'], signal, () => ({ ok: true, value: world.credentials })),
    caller: (signal) => answer('caller', ['sts'], signal, () => ({ ok: true, value: world.caller })),
    send: (call, signal, hold) => {
      const planned = script.enter(CHANGES[call.kind], [call], signal);
      const held = hold?.() ?? null;
      if (world.isSilent && held === null)
        return giveUp(signal).then((trouble) => ({ ok: false, certainty: 'unknown', trouble }));
      if (held === null) return Promise.resolve(carryOut(planned, () => change(call)));
      const trouble = { kind: 'outdated', message: `not sent: ${held}`, retryAfter: null } as const;
      return Promise.resolve({ ok: false, certainty: 'refused', trouble });
    },
    clock: () => world.clock,
    restFor: () => 0,
  };
}
