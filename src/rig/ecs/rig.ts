import type { EventEmitter } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { apiName, questionsOfScaling, scalingOperations } from '../auto-scaling/operations.ts';
import { Scaling } from '../auto-scaling/scaling.ts';
import { FisEngine } from '../fis/engine.ts';
import { Replica } from '../replica.ts';
import type { Executor } from '../workers/executor.ts';
import { createIdleExecutor, type JoinIdly } from '../workers/idle.ts';
import { createInProcessExecutor, type StartInProcess } from '../workers/in-process.ts';
import type { Machine } from '../workers/machine.ts';
import type { AgentAccess, Premises } from '../workers/premises.ts';
import { runsAgent } from './container-definition.ts';
import type { EcsKnobs } from './knobs.ts';
import type { InstanceGroup } from './instances.ts';
import { attachGround } from './launcher.ts';
import { startMetadata } from './metadata.ts';
import { Scheduler } from './scheduler.ts';
import type { Access } from './access.ts';
import type { AccessPolicy } from './policy.ts';
import { Roles, type FetchKeys, type TrustPolicy } from './roles.ts';
import { startEcsServer, type Neighbour } from './server.ts';
import { EcsState, type ClusterIdentity } from './state.ts';
import { viewTask } from './task-view.ts';
import { createVerbs, type EcsVerb } from './verbs.ts';

/** What the rig's ECS is started with. */
export interface EcsRigOptions {
  readonly cluster: ClusterIdentity;
  readonly clusterTags: Readonly<Record<string, string>>;
  readonly knobs: EcsKnobs;
  /** The hosts of the EC2 launch type; two large ones where nobody says. */
  readonly instances?: readonly InstanceGroup[] | undefined;
  readonly executor: Executor;
  readonly machine: Machine;
  readonly premises: Premises;
  readonly access: AgentAccess | undefined;
  /** How agents without a process register. */
  readonly join: JoinIdly;
  /** How agents start that live inside the rig. */
  readonly startInProcess: StartInProcess;
  /** What the clients may do; everything where nobody says. */
  readonly policy?: AccessPolicy | undefined;
  /** Trust policies of roles by name, and where the keys of identity tokens are had. */
  readonly roles?: { readonly trust: Readonly<Record<string, TrustPolicy>>; readonly fetchKeys: FetchKeys };
}

/** What a timer can wait for. */
const longestTimerMs = 2 ** 31 - 1;

/** One worker's host process ids. */
export interface WorkerProcesses {
  readonly taskArn: string;
  readonly container: string;
  readonly pids: readonly number[];
}

/** The rig's ECS: the API, the metadata endpoint, the scheduler and the workers. */
export interface EcsRig {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly state: EcsState;
  /** Application Auto Scaling, which has the same door. */
  readonly scaling: Scaling;
  readonly fis: FisEngine;
  readonly events: EventEmitter;
  /** Performs an operation without a request, so that setting the cluster up is not counted as one. */
  request(operation: string, input: unknown): Record<string, unknown>;
  counts(): Record<string, number>;
  foreign(): number;
  /** What requests asked IAM for. */
  asked(): readonly Access[];
  stopTaskLanded(): Record<string, number>;
  processes(): readonly WorkerProcesses[];
  /** The end of what the workers of tasks wrote, for people who look for a failed start. */
  outputTail(): string;
  /** How many agents the running tasks should bring. */
  expectedAgents(): number;
  do: EcsVerb;
  close(): Promise<void>;
}

/** Starts the ECS half. */
export async function startEcs(options: EcsRigOptions): Promise<EcsRig> {
  const state = new EcsState(options.cluster, options.knobs, options.clusterTags);
  if (options.instances) state.addInstances(options.instances);
  const scheduler = new Scheduler(state);
  const scaling = new Scaling(state, (service, desiredCount) => {
    server.perform('UpdateService', { cluster: state.cluster.name, service, desiredCount });
  });
  const timers = new Set<NodeJS.Timeout>();
  const later = (delayMs: number, action: () => void): void =>
    void timers.add(setTimeout(action, Math.min(delayMs, longestTimerMs)));
  const fis = new FisEngine(state, later);
  const neighbours: readonly Neighbour[] = [
    {
      api: apiName,
      operations: scalingOperations(scaling),
      questions: (operation, input) => questionsOfScaling(scaling, operation, input),
    },
  ];
  const { trust = {}, fetchKeys = () => Promise.resolve([]) } = options.roles ?? {};
  const roles = new Roles(options.cluster.account, trust, fetchKeys);
  const server = await startEcsServer(state, scheduler, options.policy, neighbours, fis, roles);
  const request: EcsRig['request'] = (operation, input) => server.perform(operation, input);
  const metadata = await startMetadata(state, request);
  const inProcess = createInProcessExecutor(options.startInProcess);
  attachGround(state, {
    executor: options.executor,
    inProcess,
    idly: createIdleExecutor(options.join),
    machine: options.machine,
    premises: options.premises,
    access: options.access,
    uris: options.knobs.agentTag === 'absent' ? undefined : metadata.uris,
  });
  const landed = countLanded(state.events);
  const replica = openReplica(state);
  return {
    url: server.url,
    accessKeyId: server.accessKeyId,
    secretAccessKey: server.secretAccessKey,
    ...{ state, fis, scaling },
    events: state.events,
    request,
    counts: () => server.counts(),
    foreign: () => server.foreign(),
    asked: () => server.access(),
    stopTaskLanded: () => ({ ...landed }),
    processes: () => processesOf(state),
    outputTail: () => outputTail(options.premises.output),
    expectedAgents: () => expectedAgents(state),
    do: createVerbs({ state, fis, request, later }),
    close: async () => {
      scheduler.close();
      replica.close();
      for (const timer of timers) clearTimeout(timer);
      for (const task of state.tasks) task.close();
      await Promise.all([options.executor.close(), inProcess.close()]);
      await Promise.all([server.close(), metadata.close()]);
    },
  };
}

/** Lets DescribeTasks be answered from the past, where a knob says so. */
function openReplica(state: EcsState): { close(): void } {
  let stopOrdered = false;
  state.events.on('event', ({ event, by }: { readonly event: string; readonly by?: string }) => {
    stopOrdered ||= event === 'stop-requested' && by !== 'container';
  });
  const copy = (): ReadonlyMap<string, Record<string, unknown>> =>
    new Map(state.tasks.map((task) => [task.seed.arn, viewTask(task, state.knobs, true)]));
  const replica = new Replica(state.knobs.replicaLag, copy, () => stopOrdered);
  state.readReplica = () => replica.read();
  return replica;
}

function countLanded(events: EventEmitter): Record<string, number> {
  const landed: Record<string, number> = {};
  events.on('event', ({ event, taskArn }: { readonly event: string; readonly taskArn?: string }) => {
    if (event === 'stop-task-landed' && taskArn !== undefined) landed[taskArn] = (landed[taskArn] ?? 0) + 1;
  });
  return landed;
}

function processesOf(state: EcsState): readonly WorkerProcesses[] {
  return state.tasks.flatMap((task) =>
    (task.worker?.processes() ?? []).map((each) => ({ taskArn: task.seed.arn, ...each })),
  );
}

function expectedAgents(state: EcsState): number {
  return state.tasks
    .filter((task) => task.desiredStatus === 'RUNNING' && !task.waitsForCapacity)
    .flatMap((task) => task.seed.definition.containers)
    .filter(runsAgent).length;
}

function outputTail(folder: string): string {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.map((name) => readFileSync(join(folder, name), 'utf8').trim().slice(-600)).join(' | ');
}
