import { openApi } from './api.ts';
import { ecsTags } from './ecs-tags.ts';
import { readStartFlags, removedFlag } from './flags.ts';
import type { StartFlags } from './flags.ts';
import { say } from './log.ts';
import { hearSignals } from './signals.ts';
import type { HeardSignal } from './signals.ts';
import type { Manner } from './version.ts';
import { startWorker } from './worker.ts';
import type { Host, Worker } from './worker.ts';

/** What `start` runs on. */
export interface StartOn extends Host {
  readonly manner: Manner;
  /** Ends the program at once. */
  readonly leave: (code: number) => void;
  /** Aborted when the agent was killed; a process that is killed needs no word of it. */
  readonly gone?: AbortSignal;
}

/** A started `buildkite-agent start`. */
export interface Started {
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  hear(signal: HeardSignal): void;
}

/** Starts agents as the command line says; signals are heard from the first moment on. */
export function startAgents(argv: readonly string[], on: StartOn): Started {
  const { manner } = on;
  const refused = (why: string): Started => {
    say(why);
    return { ended: Promise.resolve(1), hear: () => undefined };
  };
  const removed = manner.refusesRemovedFlags ? removedFlag(argv) : undefined;
  if (removed !== undefined)
    return refused(`flag provided but not defined: -${removed} (version 4 of the agent has removed it)`);
  let flags: StartFlags;
  try {
    flags = readStartFlags(argv, on.env, manner.refusesRemovedFlags);
  } catch (error) {
    return refused(
      `the configuration file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const pool: { workers: readonly Worker[]; draining: boolean } = { workers: [], draining: false };
  const hear = hearSignals(
    () => {
      pool.draining = true;
      return pool.workers;
    },
    flags,
    on.leave,
  );
  return { ended: live(flags, on, pool), hear };
}

async function live(
  flags: StartFlags,
  on: StartOn,
  pool: { workers: readonly Worker[]; draining: boolean },
): Promise<number> {
  if (flags.ignored.length > 0)
    say(`flags that the stand-in agent does not know are ignored: ${flags.ignored.join(' ')}`);
  if (flags.token === '' || flags.endpoint === '') {
    say('a token and an endpoint are needed');
    return 1;
  }
  const tags = [...flags.tags, ...(flags.tagsFromEcs ? await ecsTags(on.env) : [])];
  if (pool.draining) return 0;
  const api = openApi(flags.endpoint, on.gone);
  pool.workers = Array.from({ length: flags.spawn }, (_, index) =>
    startWorker(api, flags, { ...on.manner, tags, spawnIndex: index + 1, host: on }),
  );
  const codes = await Promise.all(pool.workers.map(({ ended }) => ended));
  return Math.max(...codes);
}
