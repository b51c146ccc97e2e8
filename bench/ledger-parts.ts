import { setMaxListeners } from 'node:events';
import { createSdk } from '../src/ecs/sdk.ts';
import { systemClock } from '../src/http/clock.ts';
import { appendDocument } from '../src/ledger/append.ts';
import { openCache } from '../src/ledger/cache.ts';
import { foldLedger } from '../src/ledger/fold.ts';
import { sealRecord } from '../src/ledger/seal.ts';
import type { LedgerDocument } from '../src/ledger/document.ts';
import { summarizeWorkers } from '../src/ledger/trend.ts';
import { openStore } from '../src/store/open.ts';
import type { Store } from '../src/store/port.ts';
import { aDocument, WORKER } from '../test/support/ledger-documents.ts';

const DAY_MS = 86_400_000;
const { signal } = new AbortController();
setMaxListeners(0, signal);

/** So many drills: five a night, and every hundredth night another worker. */
export function makeDocuments(count: number): readonly LedgerDocument[] {
  return Array.from({ length: count }, (_, nth) => {
    const { fingerprint: _f, day: _d, sum: _s, ...record } = aDocument();
    const night = Math.floor(nth / 5);
    const version = `3.${String(Math.floor(night / 100))}.0`;
    const worker = { ...WORKER, agent: { ...WORKER.agent, version } };
    return sealRecord({ ...record, worker, drill: `bench-${String(nth)}`, at: record.at + night * DAY_MS });
  });
}

export function open(url: string): Promise<Store> {
  return openStore(url, {
    environment: process.env,
    makeSdk: async () =>
      createSdk({ region: 'us-east-1', allowInsecure: false, loopbackOnly: true }, systemClock),
  });
}

/** Adds all, so many at the same time. */
export async function addAll(
  store: Store,
  documents: readonly LedgerDocument[],
  atOnce: number,
): Promise<void> {
  const waiting = [...documents];
  const addOn = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { is } = await appendDocument(store, next, signal);
      if (is !== 'added') throw new Error(`a document was ${is}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, addOn));
}

/** Counts the trials of every worker, as the commands that read the ledger do. */
export async function count(store: Store, cacheFile: string): Promise<number> {
  const cache = await openCache(cacheFile);
  const folded = await foldLedger(store, { world: 'real', cache }, signal);
  await cache.save();
  if (!folded.ok) throw new Error(folded.error.message);
  const [refused] = folded.value.refused;
  if (refused !== undefined)
    throw new Error(`${String(folded.value.refused.length)} do not count: ${JSON.stringify(refused)}`);
  return summarizeWorkers(folded.value.documents).reduce((sum, { proven }) => sum + proven, 0);
}
