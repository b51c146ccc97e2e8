import type { Agent } from './agent.ts';
import { beQuiet } from './stand-in-agent/log.ts';
import { pretendCommand } from './stand-in-agent/pretended-command.ts';
import { startAgents } from './stand-in-agent/start.ts';
import { mannerOf } from './stand-in-agent/version.ts';
import type { StartInProcess } from './workers/in-process.ts';

/** Agents that take jobs and hear signals as the stand-in does, from the same code, but many in this program. */
export function startInProcess({ manner }: Pick<Agent, 'manner'>): StartInProcess {
  beQuiet();
  const { version, ...rest } = mannerOf({ GAMEDAY_RIG_STAND_IN: manner });
  return ([verb, ...argv], { environment, hostname }) => {
    // The file of a service was looked at when the rig began; this is one that came later.
    if (verb !== 'start')
      return { ended: Promise.resolve(1), hear: () => undefined, vanish: () => undefined };
    const gone = new AbortController();
    let leave: (code: number) => void = () => undefined;
    const left = new Promise<number>((resolve) => {
      leave = (code) => {
        gone.abort();
        resolve(code);
      };
    });
    const { ended, hear } = startAgents(argv, {
      ...{ env: environment, hostname, pid: 1, build: 'in-process' },
      ...{ runCommand: pretendCommand, hasFolders: false },
      // Workers are told apart by their agent's version: what was seen without processes counts for no others.
      manner: { ...rest, version: `${version}.in-process` },
      ...{ leave, gone: gone.signal },
    });
    return {
      ended: Promise.race([ended, left]),
      hear,
      vanish: () => {
        gone.abort();
      },
    };
  };
}
