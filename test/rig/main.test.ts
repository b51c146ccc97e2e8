import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isDead } from '../../src/rig/workers/procfs.ts';
import { definition, machine, waitFor } from './ecs-support.ts';

const main = fileURLToPath(new URL('../../dist/rig/main.js', import.meta.url));

let folder: string;
const forked: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rig-main-'));
});
afterEach(async () => {
  for (const rig of forked.splice(0)) {
    if (rig.exitCode !== null || rig.signalCode !== null) continue;
    rig.kill('SIGTERM');
    await once(rig, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly environment?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly kind?: string;
}

/** Starts the rig as the product does, without a real agent on its PATH. */
async function startRig(
  worker: Parameters<typeof definition>[0],
  more = '',
  services = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<{ rig: ChildProcess; told: Told }> {
  writeFileSync(join(folder, 'task.json'), JSON.stringify(definition(worker)));
  writeFileSync(join(folder, 'canary.yaml'), 'steps:\n  - { key: integration, command: sleep 1 }\n');
  const lines = [
    'organization: acme',
    'cluster: build',
    'lostAfter: 3s',
    `services: [{ name: agents, taskDefinition: task.json, desiredCount: 1 }, ${services}]`,
    'pipelines: [{ slug: canary, steps: canary.yaml }]',
    more,
  ];
  writeFileSync(join(folder, 'rig.yaml'), lines.join('\n'));
  const rig = fork(main, [join(folder, 'rig.yaml')], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment },
    stdio: 'ignore',
  });
  forked.push(rig);
  const [told] = (await once(rig, 'message')) as [Told];
  return { rig, told };
}

const agent = {
  worker: {
    argv: ['buildkite-agent', 'start'],
    environment: [{ name: 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', value: 'true' }],
  },
};

async function control<T>(told: Told, path: string, body?: object): Promise<T> {
  const init = body && { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${told.environment?.['GAMEDAY_RIG_CONTROL'] ?? ''}${path}`, init);
  return (await response.json()) as T;
}

type Log = readonly Readonly<Record<string, unknown>>[];

async function event(told: Told, name: string): Promise<Readonly<Record<string, unknown>>> {
  return waitFor(name, async () => (await control<Log>(told, '/log')).find((each) => each['event'] === name));
}

describe('the rig as a program', { timeout: 60_000 }, () => {
  it('ECS-76, WORK-18: tells its environment when the agents are there, plays its script, and ends when the channel closes', async () => {
    const script =
      'script: [{ on: job-started, step: integration, do: stop-task, task: host, reason: somebody }]';
    const { rig, told } = await startRig(agent, script);
    expect(told.environment).toMatchObject({
      GAMEDAY_LABEL: 'rig',
      GAMEDAY_LOST_AFTER: '3s',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      BUILDKITE_AGENT_ENDPOINT: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v3$/),
      BUILDKITE_AGENT_TOKEN: expect.stringMatching(/^bkar_/),
    });
    expect(JSON.parse(told.environment?.['GAMEDAY_RIG_FACTS'] ?? '')).toMatchObject({
      lostAfterMs: 3000,
      knobs: {},
    });
    await control(told, '/do', { do: 'create-build', pipeline: 'canary' });
    const started = await event(told, 'job-started');
    expect(await event(told, 'stop-requested')).toMatchObject({
      taskArn: started['taskArn'],
      reason: 'somebody',
    });
    expect(await event(told, 'container-stopped')).toMatchObject({ exitCode: 0 });
    expect(await control(told, '/counts')).toMatchObject({ stopTaskLanded: {}, foreign: 0 });
    rig.disconnect();
    expect(await once(rig, 'exit')).toEqual([0, null]);
  });

  it('BK-47: picks the manner of its stand-in by the rig file, else by the environment', async () => {
    const variable = { GAMEDAY_RIG_STAND_IN: 'reporting' };
    const versions: unknown[] = [];
    for (const [more, environment] of [
      ['standInAgent: reporting', {}],
      ['', variable],
      ['standInAgent: silent', variable],
    ] as const) {
      const { rig, told } = await startRig(agent, more, '', environment);
      versions.push((await event(told, 'agent-connected'))['version']);
      expect(JSON.parse(told.environment?.['GAMEDAY_RIG_FACTS'] ?? '')).toMatchObject({
        agent: { version: expect.stringMatching(/^stand-in/) },
      });
      rig.disconnect();
      await once(rig, 'exit');
    }
    expect(versions).toEqual(['3.138.0+stand-in', '3.138.0+stand-in', '0.0.0-stand-in']);
    const wrong = await startRig(agent, '', '', { GAMEDAY_RIG_STAND_IN: 'loud' });
    expect(wrong.told).toMatchObject({ kind: 'bad-input', error: expect.stringContaining('not "loud"') });
  });

  it('WORK-17: gives containers what an image would set, which no task definition shows', async () => {
    writeFileSync(
      join(folder, 'agent.cfg'),
      'disconnect-after-idle-timeout=1\ntags="queue=default,from=cfg"\n',
    );
    const knobs = 'knobs: { imageEnvironment: { BUILDKITE_AGENT_CONFIG: agent.cfg, SECRET: abc } }';
    const { told } = await startRig(agent, knobs);
    const connected = await event(told, 'agent-connected');
    expect(connected['tags']).toContain('from=cfg');
    // It leaves for idleness, which its definition does not say.
    expect(await event(told, 'container-stopped')).toMatchObject({ exitCode: 0 });
    const facts = told.environment?.['GAMEDAY_RIG_FACTS'] ?? '';
    expect(JSON.parse(facts)).toMatchObject({
      knobs: { imageEnvironment: ['BUILDKITE_AGENT_CONFIG', 'SECRET'].sort() },
    });
    expect(facts).not.toContain('abc');
  });

  it('BK-50: a loop in a container starts an agent again, which takes a job without the tag of its task', async () => {
    const command = 'buildkite-agent start --disconnect-after-job; exec buildkite-agent start';
    const worker = { ...agent.worker, argv: ['bash', '-c', command] };
    const { told } = await startRig({ worker }, 'knobs: { agentTag: first-only }');
    await control(told, '/do', { do: 'create-build', pipeline: 'canary' });
    await control(told, '/do', { do: 'create-build', pipeline: 'canary' });
    const log = await waitFor('two jobs', async () => {
      const events = await control<Log>(told, '/log');
      return events.filter((each) => each['event'] === 'job-finished').length === 2 ? events : undefined;
    });
    const agents = log.filter((each) => each['event'] === 'agent-connected');
    expect(agents.map((each) => typeof each['taskArn'])).toEqual(['string', 'undefined']);
    const jobs = log.filter((each) => each['event'] === 'job-started');
    expect(jobs.map((each) => each['agentId'])).toEqual(agents.map((each) => each['agentId']));
    expect(log.filter((each) => each['event'] === 'container-stopped')).toEqual([]);
  });

  it('leaves nothing behind when it is killed', async () => {
    const { rig, told } = await startRig(agent, machine.namespaces ? '' : 'executor: process');
    const workers = await control<readonly { pids: readonly number[] }[]>(told, '/processes');
    const pids = workers.flatMap((each) => each.pids);
    expect(pids.length).toBeGreaterThan(0);
    rig.kill('SIGKILL');
    await waitFor('the end of the workers', () => Promise.resolve(pids.every(isDead) || undefined));
  });

  it('answers bad input in one line, with exit code 2', async () => {
    const { rig, told } = await startRig({
      worker: { argv: ['x'], resourceRequirements: [{ type: 'GPU', value: '1' }] },
    });
    expect(told).toEqual({
      error: expect.stringMatching(/task.json: .*does not model "resourceRequirements"/),
      kind: 'bad-input',
    });
    expect(await once(rig, 'exit')).toEqual([2, null]);
  });

  it('finds the programs of a folder that the file names before those of the machine, and says where there is none', async () => {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'sleep'), '#!/bin/sh\nexit 47\n', { mode: 0o755 });
    const worker = { argv: ['sh', '-c', 'sleep 1; echo ended $?; exit 9; exec buildkite-agent start'] };
    const { told } = await startRig({ worker }, 'programs: bin');
    expect(told).toEqual({ error: expect.stringContaining('ended 47'), kind: 'rig-failed' });
    const without = await startRig({ worker }, 'programs: nowhere');
    expect(without.told).toEqual({
      error: expect.stringMatching(/rig.yaml: programs: .*nowhere is no folder/),
      kind: 'bad-input',
    });
  });

  it('gives agents the hooks of a folder that the file names beside its own, and says where there is none', async () => {
    mkdirSync(join(folder, 'hooks'));
    writeFileSync(join(folder, 'hooks', 'pre-exit'), '#!/bin/sh\n', { mode: 0o755 });
    const worker = {
      argv: ['sh', '-c', 'cd $BUILDKITE_HOOKS_PATH; echo hooks $(ls -x); exit 9; exec buildkite-agent start'],
    };
    const { told } = await startRig({ worker }, 'hooks: hooks');
    expect(told).toEqual({ error: expect.stringMatching(/hooks checkout +pre-exit/), kind: 'rig-failed' });
    const without = await startRig({ worker }, 'hooks: nowhere');
    expect(without.told).toEqual({
      error: expect.stringMatching(/rig.yaml: hooks: .*nowhere is no folder/),
      kind: 'bad-input',
    });
  });

  it('says what the workers wrote when they end by themselves, with exit code 4', async () => {
    const argv = ['sh', '-c', 'echo no licence; exit 9; exec buildkite-agent start'];
    const { rig, told } = await startRig({ worker: { argv } });
    expect(told).toEqual({ error: expect.stringContaining('no licence'), kind: 'rig-failed' });
    expect(await once(rig, 'exit')).toEqual([4, null]);
  });

  it('is ready with what its hosts have room for, and does what others would do to the service', async () => {
    const { told } = await startRig(
      { worker: { argv: ['sleep', '600'], cpu: 256, memory: 512 } },
      [
        'instances: [{ count: 2, cpu: 256, memory: 512, attributes: { pool: ci } }]',
        'knobs: { deregistrationDelay: 2s, protectionMinute: 1s, healthyAfter: 100ms, scaleInVictim: oldest }',
        'script: [{ on: service-updated, do: set-desired-count, service: web, count: 1 }]',
      ].join('\n'),
      '{ name: web, taskDefinition: task.json, desiredCount: 3, launchType: EC2 }',
    );
    expect(told.error).toBeUndefined();
    const arns = (await control<{ taskArn: string }[]>(told, '/processes')).map(({ taskArn }) => taskArn);
    // One of Fargate's, and as many on the hosts as fit.
    expect(new Set(arns).size).toBe(3);
    expect(told.environment?.['GAMEDAY_RIG_FACTS']).toContain('"scaleInVictim":"oldest"');
    await control(told, '/do', { do: 'set-desired-count', service: 'web', count: 2 });
    const asked = { count: 1, do: 'set-desired-count', service: 'web' };
    expect(await event(told, 'script-played')).toMatchObject(asked);
    const counts = await control<{ ecs: object }>(told, '/counts');
    expect(counts.ecs).toEqual({});
  });
});
