import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, vi } from 'vitest';
import { startBuildkite } from '../../src/rig/buildkite/server.ts';
import type { BuildkiteOptions, BuildkiteRig, PipelineOptions } from '../../src/rig/buildkite/server.ts';

const STAND_IN_SOURCE = fileURLToPath(new URL('../../src/rig/stand-in-agent/', import.meta.url));
const LOST_AFTER_MS = 3000;
const PATIENCE_MS = 60_000;

// Above the patience of a single wait, so that a wait in vain says what it waited for.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** An event of the rig, as its listeners get it. */
export type RigEvent = Readonly<Record<string, unknown>> & { readonly event: string; readonly at: number };

/** How an agent process ended. */
export interface AgentEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** An agent of this test. */
export interface RunningAgent {
  readonly pid: number;
  readonly ended: Promise<AgentEnd>;
  signal(name: NodeJS.Signals): void;
  output(): string;
}

/** One rig with its agents and its temporary folder; close() leaves nothing behind. */
export interface Bench {
  readonly rig: BuildkiteRig;
  readonly folder: string;
  readonly log: readonly RigEvent[];
  query(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Reply>;
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  agentCall(method: string, path: string, token: string, body?: unknown): Promise<Response>;
  create(pipeline?: string): Promise<string>;
  happened(event: string, match?: (event: RigEvent) => boolean): Promise<RigEvent>;
  start(
    kind: 'real' | 'stand-in',
    args?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): RunningAgent;
  close(): Promise<void>;
}

/** A GraphQL answer's body, loosely: tests look at single fields of it. */
export interface Reply {
  readonly data: unknown;
  readonly errors: readonly { readonly message: string }[] | undefined;
}

/** Starts a rig with one pipeline for each of the given step lists. */
export async function openBench(
  pipelines: Readonly<Record<string, string>>,
  options: Partial<BuildkiteOptions> = {},
  pipelineOptions: Pick<PipelineOptions, 'cancelIntermediateBuilds' | 'skipIntermediateBuilds' | 'past'> = {},
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bk-'));
  const written = Object.entries(pipelines).map((pipeline) => writePipeline(folder, pipeline));
  const listed = written.map((pipeline) => ({ ...pipeline, ...pipelineOptions }));
  const rig = await startBuildkite({
    organization: 'acme',
    pipelines: listed,
    lostAfterMs: LOST_AFTER_MS,
    knobs: {},
    ...options,
  });
  const log: RigEvent[] = [];
  rig.events.on('event', (event: RigEvent) => log.push(event));
  const agents: StartedAgent[] = [];
  return {
    rig,
    folder,
    log,
    ...callsOf(rig),
    create: async (pipeline = Object.keys(pipelines)[0] ?? '') =>
      String(field(await rig.do({ do: 'create-build', pipeline }), 'buildId')),
    happened: (event, match = () => true) =>
      until(`the event ${event}`, () => log.find((entry) => entry.event === event && match(entry))),
    start: (kind, args = [], env = {}) => {
      const agent = startAgent(kind, { folder, endpoint: `${rig.url}/v3`, token: rig.agentToken, args, env });
      agents.push(agent);
      return agent.running;
    },
    close: async () => {
      await killAll(agents);
      await rig.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function killAll(agents: readonly StartedAgent[]): Promise<void> {
  for (const { child } of agents) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
  await Promise.all(agents.map(({ ended }) => ended));
}

function writePipeline(folder: string, [slug, yaml]: readonly [string, string]): PipelineOptions {
  const stepsFile = join(folder, `${slug}.yaml`);
  writeFileSync(stepsFile, yaml);
  return { slug, stepsFile };
}

function callsOf(rig: BuildkiteRig): Pick<Bench, 'post' | 'query' | 'agentCall'> {
  const post: Bench['post'] = (body, headers = {}) =>
    fetch(`${rig.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rig.apiToken}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    post,
    query: async (text, variables = {}) => {
      const body: unknown = await (await post({ query: text, variables })).json();
      return { data: field(body, 'data'), errors: errorsOf(body) };
    },
    agentCall: (method, path, token, body) =>
      fetch(`${rig.url}/v3${path}`, {
        method,
        headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

/** Opens a bench that closes with its test. */
export async function benchFor(
  onTestFinished: (callback: () => Promise<void>) => void,
  ...args: Parameters<typeof openBench>
): Promise<Bench> {
  const bench = await openBench(...args);
  onTestFinished(() => bench.close());
  return bench;
}

/** Waits for a condition, with a deadline that a busy machine does not reach. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Stands for any text in an expectation. */
export const someText: unknown = expect.any(String);

/** Stands for any text with this in it. */
export function textWith(part: string): unknown {
  return expect.stringContaining(part);
}

/** A field on a path into an unknown document. */
export function field(document: unknown, ...path: readonly (string | number)[]): unknown {
  let at = document;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = new Map<string, unknown>(Object.entries(at)).get(String(key));
  }
  return at;
}

function errorsOf(body: unknown): Reply['errors'] {
  const errors = field(body, 'errors');
  return Array.isArray(errors)
    ? errors.map((error) => ({ message: String(field(error, 'message')) }))
    : undefined;
}

interface AgentSetting {
  readonly folder: string;
  readonly endpoint: string;
  readonly token: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface StartedAgent {
  readonly child: ChildProcess;
  readonly ended: Promise<AgentEnd>;
  readonly running: RunningAgent;
}

function startAgent(kind: 'real' | 'stand-in', setting: AgentSetting): StartedAgent {
  const { folder } = setting;
  const hooks = join(folder, 'hooks');
  mkdirSync(hooks, { recursive: true });
  // A checkout hook that does nothing keeps git out: older agents know no other way.
  writeFileSync(join(hooks, 'checkout'), '#!/bin/sh\nexit 0\n');
  chmodSync(join(hooks, 'checkout'), 0o755);
  const real = kind === 'real' ? realAgent() : undefined;
  const [program, prefix] = real === undefined ? [process.execPath, [standIn(folder)]] : [real, []];
  const child = spawn(program, [...prefix, 'start', '--no-color', ...setting.args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      BUILDKITE_AGENT_TOKEN: setting.token,
      BUILDKITE_AGENT_ENDPOINT: setting.endpoint,
      BUILDKITE_BUILD_PATH: join(folder, 'builds'),
      BUILDKITE_HOOKS_PATH: hooks,
      ...setting.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const ended = new Promise<AgentEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  const running = {
    pid: child.pid ?? 0,
    ended,
    output: () => output,
    signal: (name: NodeJS.Signals) => void child.kill(name),
  };
  return { child, ended, running };
}

/** Whether this machine has a real agent. */
export function hasRealAgent(): boolean {
  return realAgent() !== undefined;
}

/** The real agent of this machine; without one, the stand-in takes its place unless tools are required. */
function realAgent(): string | undefined {
  const named = process.env['GAMEDAY_REAL_AGENT'];
  const cached = join(homedir(), '.cache/gameday/agent-v3.78.0/buildkite-agent');
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, 'buildkite-agent'));
  const found = [named, cached, ...onPath].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
  if (found === undefined && process.env['GAMEDAY_REQUIRE_TOOLS'] === '1') {
    throw new Error('GAMEDAY_REQUIRE_TOOLS=1, and there is no real buildkite-agent: set GAMEDAY_REAL_AGENT');
  }
  return found;
}

/** The stand-in agent's program, compiled into the test's own folder. */
export function standIn(folder: string): string {
  const target = join(folder, 'stand-in-agent');
  const main = join(target, 'main.js');
  if (existsSync(main)) return main;
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  compiled ??= compileStandIn();
  for (const [file, text] of compiled) writeFileSync(join(target, file), text);
  return main;
}

let compiled: ReadonlyMap<string, string> | undefined;

function compileStandIn(): ReadonlyMap<string, string> {
  const compilerOptions: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  const files = readdirSync(STAND_IN_SOURCE).map((file) => {
    const source = readFileSync(join(STAND_IN_SOURCE, file), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions, fileName: file });
    return [file.replace(/\.ts$/, '.js'), outputText] as const;
  });
  return new Map(files);
}
