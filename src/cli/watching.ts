import { watchAlone } from '../drill/observer.ts';
import type { DrillPorts } from '../drill/ports.ts';
import { systemClock } from '../http/clock.ts';
import { createMergingObserver } from '../parallel/merging-observer.ts';
import { mergeBuildkiteReads, mergeEcsReads } from '../parallel/merged-reads.ts';
import { createLockSharing } from '../parallel/shared-lock.ts';
import type { AskMfaCode } from './prompt.ts';
import { GRAPHQL_ENDPOINT, REST_ENDPOINT } from './settings.ts';
import type { Settings } from './settings.ts';
import { connect, connectAws, connectBuildkite, connectBuildkiteRest, connectHere } from './wire.ts';
import type { CommandHost, Services } from './wire.ts';

/** How a drill comes to its services, and who watches them for it. */
export interface Watching {
  connect(
    settings: Settings,
    askMfaCode: AskMfaCode,
    host: CommandHost,
    drillsAtOnce: number,
  ): Promise<Services>;
  watch(given: Omit<DrillPorts, 'observer'>): DrillPorts;
  /** The drill with this journal has ended. */
  leave(journal: DrillPorts['journal']): void;
  /** No drill is watched any more. */
  close(): void;
}

/** One drill has clients and an Observer of its own. */
export const ALONE: Watching = { connect, watch: watchAlone, leave: () => undefined, close: () => undefined };

/**
 * Drills at the same time have one client for each token of Buildkite and for each account and region of AWS, so that there is
 * one budget, and one Observer, which sends together what they ask.
 */
export function watchTogether(): Watching {
  const observer = createMergingObserver(systemClock);
  const locks = createLockSharing();
  const over = new AbortController();
  const buildkites = new Map<string, Promise<Services['buildkite']>>();
  const accounts = new Map<string, Promise<Pick<Services, 'ecs' | 'autoScaling' | 'fis'>>>();
  return {
    async connect(settings, askMfaCode, host, drillsAtOnce) {
      const { graphqlEndpoint, token, ecsEndpoint, region, credentials } = settings;
      const buildkite = await keepOne(buildkites, [graphqlEndpoint, token], async () => {
        const client = mergeBuildkiteReads(await connectBuildkite(settings), systemClock);
        const restEndpoint = findRestEndpoint(settings);
        if (restEndpoint !== null)
          observer.listen(client, await connectBuildkiteRest({ ...settings, restEndpoint }), over.signal);
        return client;
      });
      const aws = await keepOne(accounts, [ecsEndpoint, region, credentials], async () => {
        const clients = await connectAws(settings, askMfaCode);
        return { ...clients, ecs: mergeEcsReads(clients.ecs, systemClock) };
      });
      const here = await connectHere(settings, host);
      const surroundings = locks.share(here.surroundings, drillsAtOnce);
      return { buildkite, ...aws, ...here, surroundings };
    },
    watch: observer.join,
    leave: observer.leave,
    close: () => over.abort('no drill is watched any more'),
  };
}

/** The token goes to no REST endpoint but the one that is named, or that of Buildkite itself. */
function findRestEndpoint({ graphqlEndpoint, environment }: Settings): string | null {
  const named = environment['BUILDKITE_REST_API_ENDPOINT']?.trim() ?? '';
  if (named !== '') return named;
  return graphqlEndpoint === GRAPHQL_ENDPOINT ? REST_ENDPOINT : null;
}

function keepOne<T>(
  kept: Map<string, Promise<T>>,
  key: readonly unknown[],
  make: () => Promise<T>,
): Promise<T> {
  const name = JSON.stringify(key);
  const made = kept.get(name) ?? make();
  kept.set(name, made);
  return made;
}
