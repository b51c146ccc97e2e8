import type { DrillRecord, LedgerDocument } from '../../src/ledger/document.ts';
import { keyOfRecord } from '../../src/ledger/document.ts';
import { sealRecord, textOf } from '../../src/ledger/seal.ts';
import { readFingerprinted } from '../../src/worker/fingerprinted.ts';
import type { FingerprintedWorker } from '../../src/worker/fingerprinted.ts';
import { readNamedLaunch } from '../../src/worker/launch.ts';
import { aContainerDefinition, NOON } from './builders.ts';
import type { FakeStore } from './fake-store.ts';

/** A worker whose stop time-out is 120 s, with every part known. */
export const WORKER: FingerprintedWorker = readFingerprinted({
  containers: [aContainerDefinition()],
  agent: 'agent',
  launch: readNamedLaunch('FARGATE'),
  platform: 'LINUX',
  digests: { agent: `sha256:${'a'.repeat(64)}` },
  agentVersion: '3.138.0',
  fault: 'stop-task',
}).worker;

type Over = Partial<Omit<DrillRecord, 'fingerprint' | 'day'>>;

let made = 0;

/** A drained drill of `WORKER`; each has a name of its own. */
export function aDocument(over: Over = {}): LedgerDocument {
  made += 1;
  return sealRecord({
    ...{ v: 1, world: 'real', drill: `20261124-120000-${String(made).padStart(4, '0')}`, at: NOON },
    ...{ worker: WORKER, unknowns: [], cluster: 'build-prod', service: 'build-agents' },
    ...{ organization: 'acme', pipeline: 'canary', step: 'integration', fault: 'stop-task' },
    ...{ build: null, outcome: 'passed', reason: 'drained', proven: true },
    ...{ lostGivenStop: 'held', drains: 'held', jobs: 1, jobsLost: 0, leftMs: 20_000, drainMs: 21_000 },
    version: '1.0.0',
    ...over,
  });
}

/** What differs in a drill that lost its job. */
export const LOST_ONE: Over = {
  ...{ outcome: 'failed', reason: 'lost', lostGivenStop: 'failed', drains: 'failed' },
  ...{ jobsLost: 1, leftMs: null, drainMs: null },
};

/** What differs in a drill that stopped nothing. */
export const NOT_TRIED: Over = {
  ...{ outcome: 'refused', reason: 'lock-held', proven: false, lostGivenStop: 'no-trial' },
  ...{ drains: 'no-trial', jobs: 0, leftMs: null, drainMs: null, worker: null },
};

/** Puts documents into a store as they are. */
export async function fill(store: FakeStore, documents: readonly LedgerDocument[]): Promise<void> {
  const { signal } = new AbortController();
  for (const document of documents) await store.create(keyOfRecord(document), textOf(document), signal);
}
