import { openApi } from './api.ts';
import { ecsTags } from './ecs-tags.ts';
import { readStartFlags, removedFlag } from './flags.ts';
import type { StartFlags } from './flags.ts';
import { say } from './log.ts';
import { hearSignals } from './signals.ts';
import { runTool } from './tools.ts';
import { mannerOf } from './version.ts';
import { startWorker } from './worker.ts';
import type { Worker } from './worker.ts';

function readFlags(argv: readonly string[], isV4: boolean): StartFlags | undefined {
  try {
    return readStartFlags(argv, process.env, isV4);
  } catch (error) {
    say(`the configuration file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function start(argv: readonly string[]): Promise<number> {
  const manner = mannerOf(process.env);
  const removed = manner.refusesRemovedFlags ? removedFlag(argv) : undefined;
  if (removed !== undefined) {
    say(`flag provided but not defined: -${removed} (version 4 of the agent has removed it)`);
    return 1;
  }
  const flags = readFlags(argv, manner.refusesRemovedFlags);
  if (flags === undefined) return 1;
  const pool: { workers: readonly Worker[]; draining: boolean } = { workers: [], draining: false };
  // Signals are heard before anything else: as PID 1 there is no default action to fall back on.
  hearSignals(() => {
    pool.draining = true;
    return pool.workers;
  }, flags);
  if (flags.ignored.length > 0)
    say(`flags that the stand-in agent does not know are ignored: ${flags.ignored.join(' ')}`);
  if (flags.token === '' || flags.endpoint === '') {
    say('a token and an endpoint are needed');
    return 1;
  }
  const tags = [...flags.tags, ...(flags.tagsFromEcs ? await ecsTags(process.env) : [])];
  if (pool.draining) return 0;
  const api = openApi(flags.endpoint);
  pool.workers = Array.from({ length: flags.spawn }, (_, index) =>
    startWorker(api, flags, { ...manner, tags, spawnIndex: index + 1 }),
  );
  const codes = await Promise.all(pool.workers.map(({ ended }) => ended));
  return Math.max(...codes);
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
