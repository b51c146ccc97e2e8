import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentFlags, pathWithoutAgent, realAgent } from '../e2e/support/agents.ts';
import { cleanEnvironment, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { until } from '../support/until.ts';

const STAND_IN = join(ROOT, 'dist', 'rig', 'stand-in-agent', 'main.js');

let folder: string;
let rig: Cli | undefined;
let agent: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-agent-'));
});
afterEach(async () => {
  if (agent?.exitCode === null && agent.signalCode === null) {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
  rig?.child.kill('SIGINT');
  await rig?.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a rig without any worker; gives the variables that it prints. */
async function rigUp(): Promise<Readonly<Record<string, string>>> {
  const lines = ['organization: acme', 'cluster: build', 'pipelines: [{ slug: canary, steps: canary.yaml }]'];
  writeFileSync(join(folder, 'rig.yaml'), lines.join('\n'));
  const step = '{ key: integration, command: "echo mine > $MARK", agents: { queue: own } }';
  writeFileSync(join(folder, 'canary.yaml'), `steps:\n  - ${step}\n`);
  rig = startCli(['rig', 'up', join(folder, 'rig.yaml')], folder, { PATH: pathWithoutAgent() });
  await rig.said('The rig runs');
  return exportsIn(rig.stdout());
}

/** Starts an agent as a person would: of the rig it knows what the rig printed. */
function startAgent(program: readonly string[], printed: Readonly<Record<string, string>>): ChildProcess {
  const hooks = join(folder, 'hooks');
  mkdirSync(hooks);
  writeFileSync(join(hooks, 'checkout'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const own = { BUILDKITE_BUILD_PATH: join(folder, 'builds'), BUILDKITE_HOOKS_PATH: hooks };
  const [command, ...args] = [...program, 'start', '--name', 'mine', '--tags', 'queue=own'];
  agent = spawn(command, args, {
    cwd: folder,
    env: cleanEnvironment({ HOME: folder, MARK: join(folder, 'mark'), ...own, ...printed }),
    stdio: 'ignore',
  });
  return agent;
}

interface State {
  readonly agents: readonly { agentId: string; name: string; state: string }[];
  readonly jobs: readonly { agentId: string | null; state: string; exit: unknown }[];
}

async function act(printed: Readonly<Record<string, string>>, action: object): Promise<unknown> {
  const body = JSON.stringify(action);
  const answer = await fetch(`${printed['GAMEDAY_RIG_CONTROL'] ?? ''}/do`, { method: 'POST', body });
  return ((await answer.json()) as { result: unknown }).result;
}

const state = async (printed: Readonly<Record<string, string>>): Promise<State> =>
  (await act(printed, { do: 'state' })) as State;

/** The agent joins, runs a job of its queue, and leaves at SIGTERM. */
async function joinsAndWorks(program: readonly string[]): Promise<void> {
  const printed = await rigUp();
  const own = startAgent(program, printed);
  const { agentId } = await until('the agent', async () =>
    (await state(printed)).agents.find(({ name }) => name === 'mine'),
  );
  await act(printed, { do: 'create-build', pipeline: 'canary' });
  const job = await until('the job', async () =>
    (await state(printed)).jobs.find((one) => one.state === 'FINISHED'),
  );
  expect(job).toMatchObject({ agentId, exit: { exitStatus: '0' } });
  own.kill('SIGTERM');
  expect(await once(own, 'exit')).toEqual([0, null]);
  expect((await state(printed)).agents).toMatchObject([{ agentId, state: 'disconnected' }]);
}

/** A missing real agent fails where tools are required, and is otherwise no case. */
const real = agentFlags('real').length === 0 ? null : realAgent();
const programs: readonly (readonly [string, readonly string[]])[] = [
  ['stand-in agent', [process.execPath, STAND_IN]],
  ...(real === null ? [] : [['real agent', [real]] as const]),
];

describe('what `gameday rig up` prints', { timeout: 120_000 }, () => {
  it.each(programs)("WORK-18: an agent of one's own joins by it and works (%s)", (_kind, program) =>
    joinsAndWorks(program),
  );
});
