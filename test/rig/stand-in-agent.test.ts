import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readStartFlags } from '../../src/rig/stand-in-agent/flags.ts';
import { benchFor, field, standIn, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';

const LONG = 'steps: [{ key: one, command: "echo up; sleep 60" }]';
const SHORT = 'steps: [{ key: one, command: "echo up; sleep 2" }]';
const REPORTING = { GAMEDAY_RIG_STAND_IN: 'reporting' };
const STUBBORN = `steps: [{ key: one, command: "trap '' TERM; echo up; while :; do sleep 0.2; done" }]`;

describe.concurrent('the stand-in agent', () => {
  async function up(bench: Bench): Promise<void> {
    await until('output of the job', async () =>
      String(await bench.rig.do({ do: 'log', step: 'one' })).includes('up') ? true : undefined,
    );
  }

  /** Whether the rig has an agent in that state. */
  async function agentOf(bench: Bench, state: string): Promise<boolean> {
    const agents = field(await bench.rig.do({ do: 'state' }), 'agents');
    return Array.isArray(agents) && agents.some((agent) => field(agent, 'state') === state);
  }

  it('says what it is', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, LONG);
    const told = spawnSync(process.execPath, [standIn(bench.folder), '--version'], { encoding: 'utf8' });
    expect(told.stdout).toBe('buildkite-agent version 0.0.0-stand-in\n');
    const agent = bench.start('stand-in', ['--ping-mode', 'poll-only', '--no-pty']);
    expect(await bench.happened('agent-connected')).toMatchObject({ version: '0.0.0-stand-in' });
    expect(agent.output()).toContain('ignored: --no-color --ping-mode --no-pty');
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    await bench.happened('agent-disconnected');
  });

  it('BK-47: in its reporting manner it reports a stop that it hears, and ends stopped', async ({
    onTestFinished,
  }) => {
    const bench = await open(onTestFinished, SHORT);
    const agent = bench.start('stand-in', [], REPORTING);
    expect(await bench.happened('agent-connected')).toMatchObject({ version: '3.138.0+stand-in' });
    await bench.create();
    await bench.happened('job-started');
    agent.signal('SIGTERM');
    await until('the report', async () => (await agentOf(bench, 'stopping')) || undefined);
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await agentOf(bench, 'stopped')).toBe(true);
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '0' } });
    expect(bench.rig.counts()).toMatchObject({ 'POST /v3/stop': 1 });
  });

  it('BK-51: heartbeats that stop at SIGTERM lose it, whatever else it calls', async ({ onTestFinished }) => {
    const bench = await open(
      onTestFinished,
      LONG.replace('sleep 60', 'while :; do echo on; sleep 0.2; done'),
    );
    const agent = bench.start('stand-in', [], { GAMEDAY_RIG_STAND_IN: 'stops-heartbeats' });
    expect(await bench.happened('agent-connected')).toMatchObject({ version: '3.116.0+stand-in' });
    await bench.create();
    await bench.happened('job-started');
    await until('a heartbeat', () => bench.rig.counts()['POST /v3/heartbeat']);
    agent.signal('SIGTERM');
    await until('the signal to be heard', () => agent.output().includes('finishes first') || undefined);
    const { 'POST /v3/heartbeat': beats = 0, 'GET /v3/jobs/:id': looks = 0 } = bench.rig.counts();
    await bench.happened('job-lost');
    expect(bench.rig.counts()['GET /v3/jobs/:id']).toBeGreaterThan(looks + 1);
    // One may have been on its way when the signal came.
    expect(bench.rig.counts()['POST /v3/heartbeat']).toBeLessThanOrEqual(beats + 1);
    expect(await jobOf(bench)).toMatchObject({
      state: 'FINISHED',
      exit: { exitStatus: '-1', signal: null, signalReason: null },
    });
    // Its next look at the job is refused, so it cancels the job, and its farewell is refused too.
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await agentOf(bench, 'lost')).toBe(true);
  });

  it('BK-52: as version 4 it refuses removed flags, and ignores variables', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, SHORT);
    const v4 = { GAMEDAY_RIG_STAND_IN: 'v4' };
    for (const flags of [['--cancel-grace-period', '120'], ['--signal-grace-period-seconds=9']]) {
      const refused = bench.start('stand-in', flags, v4);
      expect(await refused.ended).toEqual({ code: 1, signal: null });
      expect(refused.output()).toContain('flag provided but not defined: -');
    }
    const agent = bench.start('stand-in', [], { ...v4, BUILDKITE_CANCEL_GRACE_PERIOD: '120' });
    expect(await bench.happened('agent-connected')).toMatchObject({ version: '4.0.3+stand-in' });
    await bench.create();
    await bench.happened('job-started');
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await agentOf(bench, 'stopped')).toBe(true);
    expect(readStartFlags([], { BUILDKITE_CANCEL_GRACE_PERIOD: '120' }, true).cancelGraceS).toBe(15);
  });

  it('BK-47: it reports nothing when it leaves without having heard a stop, or is cut', async ({
    onTestFinished,
  }) => {
    const bench = await open(onTestFinished, SHORT);
    await bench.start('stand-in', ['--disconnect-after-idle-timeout', '1'], REPORTING).ended;
    const cut = bench.start('stand-in', [], REPORTING);
    await until(
      'two agents',
      () => bench.log.filter(({ event }) => event === 'agent-connected').length > 1 || undefined,
    );
    cut.signal('SIGQUIT');
    await cut.ended;
    expect(bench.rig.counts()['POST /v3/stop']).toBeUndefined();
    expect(await agentOf(bench, 'stopped')).toBe(false);
  });

  it('BK-48: leaves after a job where a configuration file says so, with 0', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, SHORT.replace('sleep 2', 'true'));
    const config = join(bench.folder, 'buildkite-agent.cfg');
    writeFileSync(config, '# of the image\ndisconnect-after-job = "true"\n');
    const agent = bench.start('stand-in', [], { BUILDKITE_AGENT_CONFIG: config });
    await bench.create();
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '0' } });
    const lost = bench.start('stand-in', ['--config', join(bench.folder, 'nowhere')]);
    expect(await lost.ended).toEqual({ code: 1, signal: null });
    expect(lost.output()).toContain('the configuration file cannot be read');
  });

  it('BK-48: leaves when it was up for long enough, but finishes its job first', async ({
    onTestFinished,
  }) => {
    const bench = await open(onTestFinished, SHORT);
    const agent = bench.start('stand-in', ['--disconnect-after-uptime', '1']);
    await bench.create();
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '0' } });
    expect(agent.output()).toContain('up for long enough');
  });

  it('cancels at once on SIGQUIT, and ignores SIGHUP', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, LONG);
    const agent = bench.start('stand-in');
    await bench.create();
    await bench.happened('job-started');
    agent.signal('SIGHUP');
    await until('the hang-up to be heard', () => agent.output().includes('SIGHUP') || undefined);
    agent.signal('SIGQUIT');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await jobOf(bench)).toMatchObject({
      exit: { exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop' },
    });
    await bench.happened('agent-disconnected');
  });

  it('kills a job that ignores its cancel signal when the grace is over', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, STUBBORN);
    const agent = bench.start('stand-in', ['--cancel-grace-period=2']);
    await bench.create();
    await up(bench);
    agent.signal('SIGQUIT');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '-1', signal: 'SIGKILL' } });
  });

  it('leaves with 1 at the third signal, without a word to the server', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, STUBBORN.replace('while :', 'for i in 1 2 3 4 5 6 7 8 9'));
    const agent = bench.start('stand-in');
    await bench.create();
    await up(bench);
    for (const said of ['the running job finishes first', 'leaving within']) {
      agent.signal('SIGINT');
      await until(said, () => agent.output().includes(said) || undefined);
    }
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 1, signal: null });
    await bench.happened('job-lost');
  });

  it('stops with 1 and cancels its job when the server no longer knows it', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, LONG, { lostAfterMs: 600_000 });
    const agent = bench.start('stand-in');
    await bench.create();
    const { agentId } = await bench.happened('job-started');
    await bench.rig.do({ do: 'forget-agent', agent: agentId });
    expect(await agent.ended).toEqual({ code: 1, signal: null });
  });

  it('leaves after one job, or after being idle, where its flags say so', async ({ onTestFinished }) => {
    const bench = await open(
      onTestFinished,
      'steps: [{ key: one, command: "exit 4" }, { key: two, command: "true" }]',
    );
    const once = bench.start('stand-in', ['--disconnect-after-job']);
    await bench.create();
    expect(await once.ended).toEqual({ code: 0, signal: null });
    expect(bench.log.filter(({ event }) => event === 'job-started')).toHaveLength(1);
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '4', signal: null, signalReason: null } });
    const idle = bench.start('stand-in', ['--disconnect-after-idle-timeout', '1']);
    expect(await idle.ended).toEqual({ code: 0, signal: null });
  });

  it('acquires one job, and says 27 when it cannot have it', async ({ onTestFinished }) => {
    const bench = await open(
      onTestFinished,
      'steps: [{ key: one, command: "true", agents: { queue: none } }]',
    );
    await bench.create();
    const state = await bench.rig.do({ do: 'state' });
    const jobId = String(field(state, 'jobs', 0, 'jobId'));
    expect(await bench.start('stand-in', ['--acquire-job', jobId]).ended).toEqual({ code: 0, signal: null });
    expect(await bench.happened('job-finished')).toMatchObject({ passed: true });
    expect(await bench.start('stand-in', ['--acquire-job', jobId]).ended).toEqual({ code: 27, signal: null });
  });

  it('starts as many agents as --spawn says, and one signal drains them all', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, LONG);
    const agent = bench.start('stand-in', ['--spawn', '2', '--name', 'w-%spawn']);
    const named = ['w-1', 'w-2'].map((name) =>
      bench.happened('agent-connected', (event) => event['name'] === name),
    );
    await Promise.all(named);
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(bench.log.filter(({ event }) => event === 'agent-disconnected')).toHaveLength(2);
  });

  it('tags itself from the ECS metadata endpoint', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, LONG);
    const server = createServer((request, response) => {
      const isTask = request.url?.endsWith('/task') === true;
      const task = {
        TaskARN: 'arn:aws:ecs:us-east-1:1:task/c/0',
        LaunchType: 'FARGATE',
        AvailabilityZone: 'true',
      };
      response.end(
        JSON.stringify(isTask ? task : { DockerName: 'd', Image: 'i', Limits: { CPU: 0, Memory: 512 } }),
      );
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const uri = `http://127.0.0.1:${String(field(server.address(), 'port'))}/v4/x`;
    const env = { ECS_CONTAINER_METADATA_URI_V4: uri, BUILDKITE_AGENT_TAGS: 'queue=default' };
    bench.start('stand-in', ['--tags-from-ecs-meta-data'], env);
    expect(await bench.happened('agent-connected')).toMatchObject({
      tags: [
        'queue=default',
        'ecs:container-name=d',
        'ecs:image=i',
        'ecs:task-arn=arn:aws:ecs:us-east-1:1:task/c/0',
        'ecs:launch-type=FARGATE',
        'ecs:memory-limit=512',
      ],
    });
  });

  it('runs the pre-command and pre-exit hooks around the command', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, 'steps: [{ key: one, command: "echo command; exit 3" }]');
    giveHook(bench, 'pre-command', 'echo before');
    giveHook(bench, 'pre-exit', 'echo after');
    bench.start('stand-in', []);
    await bench.create();
    expect(await bench.happened('job-finished')).toMatchObject({ passed: false });
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '3' } });
    expect(await bench.rig.do({ do: 'log', step: 'one' })).toBe('before\ncommand\nafter\n');
  });

  it('runs no command after a pre-command that fails', async ({ onTestFinished }) => {
    const bench = await open(onTestFinished, 'steps: [{ key: one, command: "echo command" }]');
    giveHook(bench, 'pre-command', 'exit 4');
    giveHook(bench, 'pre-exit', 'echo after');
    bench.start('stand-in', []);
    await bench.create();
    await bench.happened('job-finished');
    expect(await jobOf(bench)).toMatchObject({ exit: { exitStatus: '4' } });
    expect(await bench.rig.do({ do: 'log', step: 'one' })).toBe('after\n');
  });

  it('fails a job with a plugin, which it cannot run', async ({ onTestFinished }) => {
    const bench = await open(
      onTestFinished,
      'steps: [{ key: one, command: "echo command", plugins: [./x] }]',
    );
    bench.start('stand-in', []);
    await bench.create();
    expect(await bench.happened('job-finished')).toMatchObject({ passed: false });
    expect(await bench.rig.do({ do: 'log', step: 'one' })).toBe('the stand-in agent runs no plugins\n');
  });

  it('does meta-data and annotate for the steps', async ({ onTestFinished }) => {
    const bench = await open(
      onTestFinished,
      'steps: [{ key: one, command: "$AGENT meta-data set k v; $AGENT meta-data get k; $AGENT annotate hi --context c" }]',
    );
    bench.start('stand-in', [], { AGENT: `${process.execPath} ${standIn(bench.folder)}` });
    const uuid = await bench.create();
    expect(await bench.happened('job-finished')).toMatchObject({ passed: true });
    expect(await bench.rig.do({ do: 'log', step: 'one' })).toBe('v');
    const text =
      'query B($uuid: ID) { build(uuid: $uuid) { annotations(first: 1) { edges { node { body { text } } } } } }';
    const { data } = await bench.query(text, { uuid });
    expect(field(data, 'build', 'annotations', 'edges', 0, 'node', 'body', 'text')).toBe('hi');
  });

  it('reads flags before the environment', () => {
    const env = {
      BUILDKITE_AGENT_NAME: 'from-env',
      BUILDKITE_CANCEL_GRACE_PERIOD: '7',
      BUILDKITE_AGENT_TAGS: 'a=1,b=2',
    };
    expect(readStartFlags(['--name', 'from-flag', '--queue', 'x'], env)).toMatchObject({
      name: 'from-flag',
      cancelGraceS: 7,
      tags: ['a=1', 'b=2'],
      ignored: ['--queue'],
      disconnectAfterJob: false,
    });
  });
});

function open(
  onTestFinished: Parameters<typeof benchFor>[0],
  yaml: string,
  options: Parameters<typeof benchFor>[2] = {},
): Promise<Bench> {
  return benchFor(onTestFinished, { canary: yaml }, options);
}

function giveHook({ folder }: Bench, name: string, line: string): void {
  mkdirSync(join(folder, 'hooks'), { recursive: true });
  writeFileSync(join(folder, 'hooks', name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

async function jobOf(bench: Bench): Promise<unknown> {
  return field(await bench.rig.do({ do: 'state' }), 'jobs', 0);
}
