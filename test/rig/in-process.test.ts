import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { definition, waitFor } from './ecs-support.ts';

const main = fileURLToPath(new URL('../../dist/rig/main.js', import.meta.url));

interface Told {
  readonly environment?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly kind?: string;
}
type Event = Readonly<Record<string, unknown>>;

let folder: string;
let rig: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rig-in-process-'));
});
afterEach(async () => {
  if (rig?.exitCode === null && rig.signalCode === null) {
    rig.kill('SIGTERM');
    await once(rig, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

const start = ['buildkite-agent', 'start', '--tags', 'queue=builders'];
const environment = [{ name: 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', value: 'true' }];

/** A rig of one worker that runs `command` and is stopped while it does. */
async function startRig(way: string, command: string, argv = start, stopTimeout = 5): Promise<Told> {
  const document = definition({ worker: { argv, environment, stopTimeout } });
  writeFileSync(join(folder, 'task.json'), JSON.stringify(document));
  writeFileSync(
    join(folder, 'canary.yaml'),
    `steps:\n  - { key: integration, command: "${command}", agents: { queue: builders } }\n`,
  );
  const lines = [
    'organization: acme',
    'cluster: build',
    'lostAfter: 3s',
    `services: [{ name: agents, taskDefinition: task.json, desiredCount: 1${way === 'in-process' ? ', agent: in-process' : ''} }]`,
    'pipelines: [{ slug: canary, steps: canary.yaml }]',
    'builds: [{ pipeline: canary }]',
    'script: [{ on: job-started, step: integration, do: stop-task, task: host }]',
  ];
  writeFileSync(join(folder, 'rig.yaml'), lines.join('\n'));
  rig = fork(main, [join(folder, 'rig.yaml')], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: 'ignore',
  });
  const [told] = (await once(rig, 'message')) as [Told];
  return told;
}

async function ask<T>(told: Told, path: string): Promise<T> {
  return (await fetch(`${told.environment?.['GAMEDAY_RIG_CONTROL'] ?? ''}${path}`)).json() as Promise<T>;
}

/** What became of the first job, its task and its agent. */
async function fate(told: Told): Promise<Record<string, unknown>> {
  const find = async (...names: string[]): Promise<Event> =>
    waitFor(names.join(' or '), async () =>
      (await ask<readonly Event[]>(told, '/log')).find(({ event }) => names.includes(String(event))),
    );
  const job = await find('job-finished', 'job-lost');
  const container = await find('container-stopped');
  const agent = await find('agent-disconnected', 'agent-lost');
  await waitFor('another worker', async () =>
    (await ask<readonly Event[]>(told, '/log')).filter(({ event }) => event === 'agent-connected').length > 1
      ? true
      : undefined,
  );
  const { taskArn, tags } = agent as { taskArn?: string; tags?: readonly string[] };
  return {
    job: [job['event'], job['passed']],
    exitCode: container['exitCode'],
    agent: agent['event'],
    sameTask: taskArn !== undefined && taskArn === container['taskArn'],
    queue: tags?.includes('queue=builders'),
  };
}

describe('ECS-103: agents inside the rig', { timeout: 60_000 }, () => {
  it.each(['in-process', 'a process'])(
    '%s: a worker that is stopped finishes its job, disconnects and exits 0',
    async (way) => {
      expect(await fate(await startRig(way, 'sleep 2'))).toEqual({
        ...{ job: ['job-finished', true], exitCode: 0, agent: 'agent-disconnected' },
        ...{ sameTask: true, queue: true },
      });
    },
  );

  it.each(['in-process', 'a process'])(
    '%s: a worker that outlasts its stop time-out is killed, and lost when no heartbeat comes',
    async (way) => {
      expect(await fate(await startRig(way, 'sleep 60', start, 2))).toEqual({
        ...{ job: ['job-lost', false], exitCode: 137, agent: 'agent-lost' },
        ...{ sameTask: true, queue: true },
      });
    },
  );

  it('no process stands behind a worker, and the rig and each agent say so', async () => {
    const told = await startRig('in-process', 'sleep 60');
    expect(JSON.parse(told.environment?.['GAMEDAY_RIG_FACTS'] ?? '{}')).toMatchObject({
      agentsInProcess: ['agents'],
    });
    expect(
      (await ask<readonly { pids: readonly number[] }[]>(told, '/processes')).flatMap(({ pids }) => pids),
    ).toEqual([]);
    const log = await ask<readonly Event[]>(told, '/log');
    expect(log.find(({ event }) => event === 'agent-connected')).toMatchObject({
      version: '0.0.0-stand-in.in-process',
    });
  });

  it('a job that needs a process fails and says why', async () => {
    const told = await startRig('in-process', 'make test');
    expect(
      await waitFor('the end', async () =>
        (await ask<readonly Event[]>(told, '/log')).find(({ event }) => event === 'job-finished'),
      ),
    ).toMatchObject({ passed: false });
  });

  it('a command that is not the agent itself is bad input: what a shell does with a signal, only a shell shows', async () => {
    const told = await startRig('in-process', 'sleep 1', ['sh', '-c', 'buildkite-agent start']);
    expect(told).toMatchObject({ kind: 'bad-input' });
    expect(told.error).toContain(
      'service agents: "agent: in-process" needs a container that starts the agent itself',
    );
  });
});
