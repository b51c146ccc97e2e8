import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { InstanceGroup } from '../../src/rig/ecs/instances.ts';
import { defaultEcsKnobs, type EcsKnobs } from '../../src/rig/ecs/knobs.ts';
import type { AccessPolicy } from '../../src/rig/ecs/policy.ts';
import { startEcs, type EcsRig } from '../../src/rig/ecs/rig.ts';
import { startInProcess } from '../../src/rig/in-process-agents.ts';
import { chooseExecutor, probeMachine } from '../../src/rig/workers/machine.ts';
import { preparePremises } from '../../src/rig/workers/premises.ts';

export const machine = probeMachine();

/** A worker that leaves with `code` on SIGTERM, after `drain` seconds. */
export function draining(code = 0, drain = 0): readonly string[] {
  return ['bash', '-c', `trap 'sleep ${drain}; exit ${code}' TERM; echo ready; while :; do sleep 0.05; done`];
}

export interface ContainerSketch {
  readonly argv: readonly string[];
  readonly [attribute: string]: unknown;
}

/** A task definition with one container for each name. */
export function definition(
  containers: Readonly<Record<string, ContainerSketch>>,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    family: 'workers',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE', 'EC2'],
    containerDefinitions: Object.entries(containers).map(([name, { argv, ...rest }]) => ({
      name,
      image: 'example/image:1',
      entryPoint: argv,
      stopTimeout: 5,
      ...rest,
    })),
    ...more,
  };
}

type Task = Readonly<Record<string, unknown>> & {
  readonly taskArn: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly version: number;
  readonly stoppingAt: number;
  readonly executionStoppedAt: number;
  readonly stoppedAt: number;
  readonly containers: readonly { name: string; lastStatus: string; exitCode?: number; reason?: string }[];
};

export interface EcsAnswer {
  readonly status: number;
  readonly body: Record<string, never>;
}

type IdleTags = readonly string[];
interface IdleAgents {
  readonly joined: readonly IdleTags[];
  readonly left: readonly IdleTags[];
  readonly silent: readonly IdleTags[];
}

/** The rig's ECS with a client that speaks its protocol and nothing else. */
export class TestCluster {
  readonly rig: EcsRig;
  readonly root: string;
  /** Tags of the agents without a process: those that joined, left, or fell silent. */
  readonly idle: IdleAgents;

  constructor(rig: EcsRig, root: string, idle: IdleAgents) {
    this.rig = rig;
    this.root = root;
    this.idle = idle;
  }

  async post(operation: string, input: unknown, keyId = this.rig.accessKeyId): Promise<EcsAnswer> {
    const response = await fetch(this.rig.url, {
      method: 'POST',
      headers: {
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
        'content-type': 'application/x-amz-json-1.1',
        authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/20260101/us-east-1/ecs/aws4_request, Signature=none`,
      },
      body: JSON.stringify(input),
    });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  }

  /** Asks again where the rig's token buckets are empty, as a client of ECS does. */
  async ask<T = Record<string, never>>(
    operation: string,
    input: Readonly<Record<string, unknown>> = {},
  ): Promise<T> {
    const { status, body } = await waitFor(`${operation} without a throttle`, async () => {
      const answer = await this.post(operation, { cluster: 'build', ...input });
      return JSON.stringify(answer.body).includes('ThrottlingException') ? undefined : answer;
    });
    if (status !== 200) throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  async register(document: unknown): Promise<string> {
    const { body } = await this.post('RegisterTaskDefinition', document);
    const answer = body as { taskDefinition?: { taskDefinitionArn: string }; message?: string };
    if (!answer.taskDefinition) throw new Error(answer.message);
    return answer.taskDefinition.taskDefinitionArn;
  }

  async describe(taskArn: string): Promise<Task> {
    const { tasks } = await this.ask<{ tasks: [Task] }>('DescribeTasks', {
      tasks: [taskArn],
      include: ['TAGS'],
    });
    return tasks[0];
  }

  /** Starts one standalone task and waits until it runs. */
  async run(document: unknown, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const taskDefinition = await this.register(document);
    const input = { taskDefinition, launchType: 'FARGATE', ...more };
    const { tasks } = await this.ask<{ tasks: [Task] }>('RunTask', input);
    const { taskArn } = tasks[0];
    await this.until(taskArn, 'RUNNING');
    // A trap that is not set yet would make a SIGTERM look eaten.
    for (const { name, argv } of this.rig.state.findTask(taskArn)?.seed.definition.containers ?? []) {
      if (argv.some((part) => part.includes('echo ready'))) await this.untilWritten(taskArn, name, 'ready');
    }
    return taskArn;
  }

  /** Waits for a status of a task. */
  async until(taskArn: string, status: string): Promise<Task> {
    return waitFor(`${taskArn} ${status}`, async () => {
      const task = await this.describe(taskArn);
      return task.lastStatus === status ? task : undefined;
    });
  }

  /** Waits until a container has written `text`, and gives all that it wrote. */
  async untilWritten(taskArn: string, container: string, text: string): Promise<string> {
    const id = taskArn.split('/').at(-1) ?? '';
    const file = join(this.root, 'output', `${id}-${container}.log`);
    return waitFor(`${container} to write ${text}`, () => {
      const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return Promise.resolve(written.includes(text) ? written : undefined);
    });
  }

  async close(): Promise<void> {
    await this.rig.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Waits for a condition, with a deadline that a busy machine keeps. */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    // Not more often than ECS's buckets are filled again: 20 times a second (ECS-81).
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts the ECS half alone; its workers are shell scripts. */
export async function startCluster(
  knobs: Partial<EcsKnobs> = {},
  executor?: 'namespace' | 'process',
  instances?: readonly InstanceGroup[],
  policy?: AccessPolicy,
  region = 'us-east-1',
): Promise<TestCluster> {
  const root = mkdtempSync(join(tmpdir(), 'rig-test-'));
  const agent = { kind: 'real', path: '/bin/true', version: '0' } as const;
  const [joined, left, silent]: [IdleTags[], IdleTags[], IdleTags[]] = [[], [], []];
  const rig = await startEcs({
    cluster: { region, account: '123456789012', name: 'build' },
    clusterTags: { team: 'ci' },
    knobs: { ...defaultEcsKnobs, ...knobs },
    instances,
    policy,
    executor: chooseExecutor(machine, executor),
    machine,
    premises: preparePremises(root, agent),
    access: { endpoint: 'http://127.0.0.1:9/v3', token: 'agent-token' },
    startInProcess: startInProcess({}),
    join: ({ tags }) => {
      joined.push(tags);
      return { leave: () => left.push(tags), fallSilent: () => silent.push(tags) };
    },
  });
  return new TestCluster(rig, root, { joined, left, silent });
}
