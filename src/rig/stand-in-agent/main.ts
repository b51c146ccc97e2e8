import { hostname } from 'node:os';
import { runCommand } from './command.ts';
import { say } from './log.ts';
import type { HeardSignal } from './signals.ts';
import { startAgents } from './start.ts';
import { runTool } from './tools.ts';
import { mannerOf } from './version.ts';

const HEARD: readonly HeardSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'];

function start(argv: readonly string[]): Promise<number> {
  const { ended, hear } = startAgents(argv, {
    ...{ env: process.env, hostname: hostname(), pid: process.pid, build: 'stand-in' },
    ...{ runCommand, hasFolders: true, manner: mannerOf(process.env) },
    leave: (code) => process.exit(code),
  });
  // In the same turn as the start: as PID 1 there is no default action to fall back on.
  for (const signal of HEARD) process.on(signal, hear);
  return ended;
}

async function main([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb === '--version' || verb === '-v') {
    process.stdout.write(`buildkite-agent version ${mannerOf(process.env).version}\n`);
    return 0;
  }
  if (verb === 'start') return start(rest);
  if (verb === 'meta-data' || verb === 'annotate' || verb === 'pipeline')
    return runTool([verb, ...rest], process.env);
  say(`"${verb ?? ''}" is not something the stand-in agent does`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
process.exit();
