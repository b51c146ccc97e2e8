import { basename } from 'node:path';

import { withDashShell, withInit } from '../workers/argv.ts';
import type { Machine } from '../workers/machine.ts';
import type { ContainerDefinition } from './container-definition.ts';

const inits = ['tini', 'tini-static', 'docker-init', 'dumb-init'];

/**
 * A container's command line on this machine: an image's own init and that of initProcessEnabled become the rig's, the
 * agent is found on PATH wherever the image has it, and a shell keeps its place as under dash (ECS-25, ECS-26).
 */
export function commandLine(
  container: Pick<ContainerDefinition, 'argv' | 'init'>,
  machine: Machine,
): readonly string[] {
  const argv = container.argv.map((part) => part.replaceAll(/(\/[\w.-]+)+\/(?=buildkite-agent\b)/g, ''));
  const imageInit = inits.includes(basename(argv[0] ?? ''));
  const command = withDashShell(machine, imageInit ? afterInit(argv) : argv);
  const own = imageInit ? withInit(machine, command) : command;
  return container.init ? withInit(machine, own) : own;
}

/**
 * What the agent of a container is started with, where no process stands behind it. Only an agent that hears the signals of
 * its container, directly or from an init, can be stood in for: what a shell does with them, only a shell shows.
 */
export function agentArguments({ argv }: Pick<ContainerDefinition, 'argv'>): readonly string[] | undefined {
  const [program = '', ...words] = inits.includes(basename(argv[0] ?? '')) ? afterInit(argv) : argv;
  const isAgent = /^buildkite-agent(-entrypoint)?$/.test(basename(program)) && words[0] === 'start';
  return isAgent ? words : undefined;
}

/** What an init starts: everything behind `--`, or behind its options. */
function afterInit(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  if (end > 0) return argv.slice(end + 1);
  const first = argv.findIndex((part, index) => index > 0 && !part.startsWith('-'));
  return argv.slice(Math.max(first, 1));
}
