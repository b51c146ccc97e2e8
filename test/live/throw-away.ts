import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import { TASK_ARN_TAG } from '../../src/model/entities/agent.ts';
import { maskNames } from './document.ts';
import { judgeLags, type Seen } from './questions.ts';
import type { LiveServices } from './services.ts';
import { listLiveAgents, readLiveAgent } from './world.ts';

/** A service of one task at a time, made for the bench and deleted after it. */
export interface ThrowAway {
  readonly name: string;
  /** Waits for its running task that is not the one before, and for the agent in it; null: none registered in time. */
  task(before?: string): Promise<{ readonly arn: string; readonly agent: string | null }>;
  describe(arn: string): Promise<Task>;
  delete(): Promise<void>;
}

/** Fargate starts a task in a minute or two. */
const PATIENCE_MS = 300_000;
const LOOK_MS = 1_000;

async function wait<T>(what: string, patienceMs: number, look: () => Promise<T | null>): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(LOOK_MS);
  }
}

/** Creates a service beside the one that is named, in its place: network, launch type, capacity providers. */
export async function createThrowAway(services: LiveServices, definition: string): Promise<ThrowAway> {
  const { sdk, settings } = services;
  const { cluster } = settings;
  const found = await sdk.send(new DescribeServicesCommand({ cluster, services: [settings.service] }));
  const [like] = found.services ?? [];
  if (like === undefined) throw new Error(`there is no service ${settings.service}`);
  const name = `gameday-live-${Date.now().toString(36)}`;
  await sdk.send(
    new CreateServiceCommand({
      cluster,
      serviceName: name,
      taskDefinition: definition,
      desiredCount: 1,
      ...placeOf(like),
    }),
  );
  const describe = async (arn: string): Promise<Task> => {
    const { tasks = [] } = await sdk.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
    const [task] = tasks;
    if (task === undefined) throw new Error('ECS does not show the task of the throw-away service');
    return task;
  };
  const list = async (): Promise<readonly string[]> =>
    (await sdk.send(new ListTasksCommand({ cluster, serviceName: name }))).taskArns ?? [];
  return {
    name,
    describe,
    async task(before) {
      const arn = await wait('a running task of the throw-away service', PATIENCE_MS, async () => {
        const [first] = (await list()).filter((one) => one !== before);
        return first !== undefined && (await describe(first)).lastStatus === 'RUNNING' ? first : null;
      });
      const agent = await wait('its agent', 60_000, async () => {
        const listed = await listLiveAgents(services);
        return listed.find(({ metaData }) => metaData.includes(`${TASK_ARN_TAG}=${arn}`))?.uuid ?? null;
      }).catch(() => null);
      return { arn, agent };
    },
    async delete() {
      const running = await list();
      if (running.length > 0)
        await sdk.send(
          new UpdateTaskProtectionCommand({ cluster, tasks: [...running], protectionEnabled: false }),
        );
      await sdk.send(new UpdateServiceCommand({ cluster, service: name, desiredCount: 0 }));
      await wait('the end of its tasks', PATIENCE_MS, async () =>
        (await list()).length === 0 ? true : null,
      );
      await sdk.send(new DeleteServiceCommand({ cluster, service: name }));
    },
  };
}

function placeOf(
  like: Service,
): Pick<Service, 'launchType' | 'networkConfiguration' | 'capacityProviderStrategy'> {
  const { launchType, networkConfiguration, capacityProviderStrategy = [] } = like;
  return {
    ...(launchType === undefined || capacityProviderStrategy.length > 0 ? {} : { launchType }),
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
    ...(capacityProviderStrategy.length === 0 ? {} : { capacityProviderStrategy }),
  };
}

/** The errors by which ECS refuses a call; everything else is no answer. */
function refusalOf(error: unknown): string {
  if (error instanceof Error && /Exception$/.test(error.name) && '$metadata' in error) return error.name;
  throw error;
}

/** What was seen of one task from StopTask on. */
interface Stopped {
  readonly second: string;
  readonly reason: string;
  readonly stopCode: string;
  readonly lag: Seen;
  readonly evidence: Record<string, unknown>;
}

/** Stops the task twice, with two reasons, and follows it to its end. */
export async function stopTwice(services: LiveServices, throwAway: ThrowAway): Promise<Stopped> {
  const { sdk, settings } = services;
  const { arn, agent } = await throwAway.task();
  const stop = (reason: string): StopTaskCommand =>
    new StopTaskCommand({ cluster: settings.cluster, task: arn, reason });
  const { task: answer } = await sdk.send(stop('gameday live first'));
  const again = await sdk.send(stop('gameday live second')).then(
    () => null,
    (error: unknown) => refusalOf(error),
  );
  const ended = await wait('the end of the task', PATIENCE_MS, async () => {
    const task = await throwAway.describe(arn);
    return task.lastStatus === 'STOPPED' ? task : null;
  });
  const left = agent === null ? null : await readLiveAgent(services, agent);
  const report = left?.stoppedGracefullyBy === null ? left.stoppedGracefullyAt : null;
  const stoppingAt = ended.stoppingAt?.getTime();
  const ms = (at: Date | undefined): number | null =>
    at === undefined || stoppingAt === undefined ? null : at.getTime() - stoppingAt;
  const overwritten = ended.stoppedReason === 'gameday live second';
  const lags =
    report === null || stoppingAt === undefined
      ? []
      : [{ launchType: ended.launchType ?? 'none', ms: Date.parse(report) - stoppingAt }];
  return {
    second: again !== null ? 'refused' : overwritten ? 'overwrites' : 'keeps',
    reason: ended.stoppedReason ?? 'none',
    stopCode: ended.stopCode ?? 'none',
    lag: judgeLags(lags),
    evidence: {
      answerDesired: answer?.desiredStatus ?? null,
      answerStatus: answer?.lastStatus ?? null,
      answerHasStoppingAt: answer?.stoppingAt !== undefined,
      executionStoppedAfterMs: ms(ended.executionStoppedAt),
      stoppedAfterMs: ms(ended.stoppedAt),
      exitCodes: (ended.containers ?? []).map(({ exitCode }) => exitCode ?? null),
      agentState: left?.connectionState ?? null,
      agentVersion: left?.version ?? null,
      secondRefusedBy: again,
    },
  };
}

/** Protects a fresh task and stops it. */
export async function stopProtected(services: LiveServices, throwAway: ThrowAway): Promise<Seen> {
  const { sdk, settings } = services;
  const { cluster } = settings;
  const { arn } = await throwAway.task();
  const protect = { cluster, tasks: [arn], protectionEnabled: true, expiresInMinutes: 10 };
  const { failures = [] } = await sdk.send(new UpdateTaskProtectionCommand(protect));
  if (failures.length > 0) return { seen: null, evidence: { refused: failures.map(({ reason }) => reason) } };
  const refused = await sdk
    .send(new StopTaskCommand({ cluster, task: arn, reason: 'gameday live protected' }))
    .then(
      () => null,
      (error: unknown) => refusalOf(error),
    );
  const { desiredStatus } = await throwAway.describe(arn);
  return {
    seen: desiredStatus === 'STOPPED' ? 'stops' : 'refused',
    evidence: { refusedBy: refused, desiredStatus },
  };
}

/** Drains the EC2 host of a fresh task, sees how the task is stopped, and makes the host ACTIVE again. */
export async function drainHost(services: LiveServices, throwAway: ThrowAway): Promise<Seen> {
  const { sdk, settings } = services;
  const { cluster } = settings;
  const { arn } = await throwAway.task();
  const { containerInstanceArn: host } = await throwAway.describe(arn);
  if (host === undefined) return { seen: null, evidence: { host: false } };
  const set = (status: 'DRAINING' | 'ACTIVE'): UpdateContainerInstancesStateCommand =>
    new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [host], status });
  await sdk.send(set('DRAINING'));
  try {
    const told = await wait('the stop of its task', PATIENCE_MS, async () => {
      const task = await throwAway.describe(arn);
      return task.desiredStatus === 'STOPPED' && task.stopCode !== undefined ? task : null;
    });
    const { stopCode = 'none', stoppedReason = 'none' } = told;
    return {
      seen: stopCode,
      rig: 'ServiceSchedulerInitiated',
      evidence: { stoppedReason: maskNames(stoppedReason) },
    };
  } finally {
    await sdk.send(set('ACTIVE'));
  }
}
