import { chmodSync, cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Agent } from '../agent.ts';

/** The folders that all workers of a rig share, and what is told to their agents. */
export interface Premises {
  readonly root: string;
  /** First on the workers' PATH: the chosen agent under the name buildkite-agent. */
  readonly bin: string;
  readonly hooks: string;
  readonly plugins: string;
  /** The rig file's own programs, which an image would hold; on the workers' PATH. */
  readonly programs: string | undefined;
  /** Variables that every image sets, which no task definition shows. */
  readonly environment: Readonly<Record<string, string>>;
  /** What containers write, one file each. */
  readonly output: string;
  /** A folder that every task sees, and that outlives them: as a shared volume is. */
  readonly shared: string;
}

/** How a worker's agent reaches the rig's Buildkite. */
export interface AgentAccess {
  readonly endpoint: string;
  readonly token: string;
}

/** What a container is told of the rig around it. */
export interface Reach {
  readonly access: AgentAccess | undefined;
  /** What the ECS agent of its host serves to it. */
  readonly uris: { readonly metadata: string; readonly agent: string } | undefined;
  /** Where the containers of its task reach each other: all tasks share the machine's network. */
  readonly address: string;
}

/** Where the tasks of a rig keep what outlives them. */
export function sharedFolder(root: string): string {
  return join(root, 'shared');
}

/** What images hold, as the rig file names it. */
interface OfImages {
  readonly programs?: string | undefined;
  /** A folder of agent hooks. */
  readonly hooks?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Makes the shared folders; a `checkout` hook stands in for git, for there is no repository. */
export function preparePremises(
  root: string,
  agent: Agent,
  { programs, hooks: ownHooks, environment = {} }: OfImages = {},
): Premises {
  const inside = (name: string): string => join(root, name);
  const [bin, hooks, plugins] = [inside('bin'), inside('hooks'), inside('plugins')];
  const [output, shared] = [inside('output'), sharedFolder(root)];
  const premises = { root, bin, hooks, plugins, programs, environment, output, shared };
  for (const folder of [bin, hooks, plugins, output, shared]) mkdirSync(folder, { recursive: true });
  script(join(premises.hooks, 'checkout'), '#!/bin/sh\nexit 0\n');
  if (ownHooks !== undefined) cpSync(ownHooks, hooks, { recursive: true });
  const shim = join(premises.bin, 'buildkite-agent');
  if (agent.kind === 'real') symlinkSync(agent.path, shim);
  else script(shim, `#!/bin/sh\nexec ${standInProgram(agent)} "$@"\n`);
  // The entry point of Buildkite's own images ends as the agent.
  script(join(bin, 'buildkite-agent-entrypoint'), '#!/bin/sh\nexec buildkite-agent "$@"\n');
  return premises;
}

function standInProgram({ path, manner }: Agent): string {
  const mode = manner === undefined ? '' : `env GAMEDAY_RIG_STAND_IN=${manner} `;
  return `${mode}${quoted(process.execPath)} ${quoted(path)}`;
}

function script(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o755 });
  chmodSync(path, 0o755);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The folders and the output file of one container. */
export interface Place {
  readonly home: string;
  readonly outputFile: string;
}

/** Makes a container's own folders; their names are short, for a Unix socket's path holds about 100 characters. */
export function preparePlace(premises: Premises, taskId: string, container: string): Place {
  const home = mkdtempSync(join(premises.root, 'w-'));
  for (const folder of ['tmp', 's']) mkdirSync(join(home, folder));
  return { home, outputFile: join(premises.output, `${taskId}-${container}.log`) };
}

/**
 * The whole environment of a container. The task definition's own variables stand before the rig's: a token or an
 * endpoint of the real service in a file must never be used from here.
 */
export function containerEnvironment(
  own: Readonly<Record<string, string>>,
  premises: Premises,
  place: Place,
  reached: Reach,
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    ...premises.environment,
    ...own,
    PATH: pathOf(premises),
    HOME: place.home,
    TMPDIR: join(place.home, 'tmp'),
    BUILDKITE_BUILD_PATH: join(place.home, 'builds'),
    BUILDKITE_SOCKETS_PATH: join(place.home, 's'),
    BUILDKITE_HOOKS_PATH: premises.hooks,
    BUILDKITE_PLUGINS_PATH: premises.plugins,
    GAMEDAY_RIG_SHARED: premises.shared,
    ...reach(reached),
  };
}

function pathOf({ bin, programs }: Premises): string {
  const machine = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  return [bin, programs, machine].filter((folder) => folder !== undefined).join(':');
}

/** The variables by which an agent finds the rig's Buildkite and registers there (WORK-18). */
export function agentEnvironment({ endpoint, token }: AgentAccess): Record<string, string> {
  return { BUILDKITE_AGENT_ENDPOINT: endpoint, BUILDKITE_AGENT_TOKEN: token };
}

function reach({ access, uris, address }: Reach): Record<string, string> {
  return {
    GAMEDAY_RIG_TASK_ADDRESS: address,
    ...(access && agentEnvironment(access)),
    ...(uris === undefined
      ? { BUILDKITE_AGENT_WAIT_FOR_ECS_META_DATA_TIMEOUT: '100ms' }
      : { ECS_CONTAINER_METADATA_URI_V4: uris.metadata, ECS_AGENT_URI: uris.agent }),
  };
}

/** The environment of a container behind which no process stands: there are no folders to name. */
export function bareEnvironment(
  own: Readonly<Record<string, string>>,
  { environment }: Premises,
  reached: Reach,
): Record<string, string> {
  return { ...environment, ...own, ...reach(reached) };
}

/** Where a container of an image finds what the rig lends it. */
const inside = { hooks: '/opt/gameday-rig/hooks', work: '/tmp/gameday-rig' } as const;

/** What a container of an image is shown of the premises: its agent and its PATH are its own. */
export function imageMounts(premises: Premises): readonly { readonly from: string; readonly to: string }[] {
  return [{ from: premises.hooks, to: inside.hooks }];
}

/** The environment that is laid over an image's own. */
export function imageEnvironment(
  own: Readonly<Record<string, string>>,
  premises: Premises,
  reached: Reach,
): Record<string, string> {
  return {
    ...premises.environment,
    ...own,
    BUILDKITE_BUILD_PATH: `${inside.work}/builds`,
    BUILDKITE_HOOKS_PATH: inside.hooks,
    BUILDKITE_PLUGINS_PATH: `${inside.work}/plugins`,
    ...reach(reached),
  };
}
