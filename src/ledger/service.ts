import { setMaxListeners } from 'node:events';
import { GamedayError } from '../model/errors.ts';
import { answerOf } from '../cli/exit-codes.ts';
import type { Runner } from '../cli/runner.ts';
import type { Store, StoreAnswer, StoreError } from '../store/port.ts';
import { appendDocument, listDifferences, type Appended } from './append.ts';
import { openCache } from './cache.ts';
import { listChanges } from './diff.ts';
import { keyOfRecord, NO_FINGERPRINT, type LedgerDocument, type World } from './document.ts';
import { foldLedger, type FoldedLedger } from './fold.ts';
import { readJournalsUnder, readNamed, type JournalRead } from './journals.ts';
import type { AddFlags, BaseFlags, ListFlags } from './options.ts';
import { changeLines, enteredLines, listLines, showLines, verifiedLines } from './report.ts';
import type { Difference, Entered, Verified } from './report.ts';
import { summarizeWorkers } from './trend.ts';

/** Nothing ends a command of the ledger but its end, or a signal. */
const never = new AbortController().signal;
// No limit on listeners: every request adds one, and many documents are read at once.
setMaxListeners(0, never);

interface LedgerFlags {
  readonly ledger: string;
  readonly insecure: boolean;
}

/** Opens the ledger; throws bad-input for what names none, before anything is contacted. */
export function openLedger(flags: LedgerFlags, runner: Runner): Promise<Store> {
  return runner.clients.openStore(flags.ledger, runner.environment, flags.insecure);
}

/** Adds drills by their journals, as `--ledger` does at a drill's end. */
export async function addDrills(names: readonly string[], flags: AddFlags, runner: Runner): Promise<void> {
  const store = await openLedger(flags, runner);
  return enter(await readNamed(names, flags.out, runner.version), store, runner);
}

/** Adds every drill under a folder, judged again by today's checks. */
export async function rebuildLedger(folder: string, flags: BaseFlags, runner: Runner): Promise<void> {
  const store = await openLedger(flags, runner);
  return enter(await readJournalsUnder(folder, runner.version, 'by-todays-checks'), store, runner);
}

async function enter(journals: readonly JournalRead[], store: Store, runner: Runner): Promise<void> {
  const entered: Entered[] = [];
  for (const { journal, document, why } of journals) {
    if (document === null) {
      entered.push({ journal, drill: null, is: 'unread', key: null, said: why });
      continue;
    }
    const appended = await appendDocument(store, document, never);
    if (appended.is === 'failed') return finishAway(appended.error, runner);
    entered.push({
      journal,
      drill: document.drill,
      is: appended.is,
      key: appended.key,
      said: saidOf(appended),
    });
  }
  const isWrong = entered.some(({ is }) => is === 'different' || is === 'unread');
  runner.finish(answerOf(isWrong ? 'failed' : 'written', { ledger: store.name, entered }), (stdout) =>
    stdout.write(`${enteredLines(entered, store.name, stdout.colors).join('\n')}\n`),
  );
}

function saidOf(appended: Appended): string | null {
  return appended.is === 'different' ? appended.said : null;
}

/** Ends the command with what the store says of itself. */
export function finishAway({ message, next }: StoreError, runner: Runner): void {
  runner.finish(answerOf('could-not-run', { errors: [{ message, at: null, next }] }));
}

/** Reads a world of the ledger, with what this machine remembers of it. Null: the store is away, and the command has ended. */
export async function readLedger(store: Store, world: World, runner: Runner): Promise<FoldedLedger | null> {
  const folded = await readWorld(store, world, runner);
  if (folded.ok) return folded.value;
  finishAway(folded.error, runner);
  return null;
}

/** The same, for those who go on where the store is away. */
export async function readWorld(
  store: Store,
  world: World,
  runner: Pick<Runner, 'clients' | 'environment'>,
): Promise<StoreAnswer<FoldedLedger>> {
  const cache = await openCache(await runner.clients.ledgerCacheFile(runner.environment, store.name));
  const folded = await foldLedger(store, { world, cache }, never);
  await cache.save();
  return folded;
}

const worldOf = ({ rig }: ListFlags): World => (rig ? 'rig' : 'real');

/** Lists the workers of the ledger with their trials. */
export async function listLedger(flags: ListFlags, runner: Runner): Promise<void> {
  const store = await openLedger(flags, runner);
  const folded = await readLedger(store, worldOf(flags), runner);
  if (folded === null) return;
  const { documents, refused } = folded;
  const workers = summarizeWorkers(documents);
  runner.finish(
    answerOf('listed', { ledger: store.name, world: worldOf(flags), workers, refused }),
    (stdout) => stdout.write(`${listLines(workers, refused, store.name, stdout.colors).join('\n')}\n`),
  );
}

/** Shows one worker and its drills. */
export async function showWorker(named: string, flags: ListFlags, runner: Runner): Promise<void> {
  const store = await openLedger(flags, runner);
  const folded = await readLedger(store, worldOf(flags), runner);
  if (folded === null) return;
  const documents = findWorker(named, folded.documents);
  runner.finish(answerOf('listed', { ledger: store.name, world: worldOf(flags), documents }), (stdout) =>
    stdout.write(`${showLines(documents, stdout.colors).join('\n')}\n`),
  );
}

/** Says what differs between two workers, and how many drills therefore do not count. */
export async function compareWorkers(
  [from, to]: readonly [string, string],
  flags: ListFlags,
  runner: Runner,
): Promise<void> {
  const store = await openLedger(flags, runner);
  const folded = await readLedger(store, worldOf(flags), runner);
  if (folded === null) return;
  const [a, b] = [findWorker(from, folded.documents), findWorker(to, folded.documents)];
  const [before, after] = [a[0]?.worker ?? null, b[0]?.worker ?? null];
  if (before === null || after === null)
    throw new GamedayError(
      'bad-input',
      'drills that ended before their worker was known have no worker to compare',
    );
  const difference: Difference = {
    from: a[0]?.fingerprint ?? '',
    to: b[0]?.fingerprint ?? '',
    changes: listChanges(before, after),
    drills: a.filter(({ proven }) => proven).length,
    own: b.filter(({ proven }) => proven).length,
  };
  runner.finish(answerOf('listed', { ledger: store.name, ...difference }), (stdout) =>
    stdout.write(`${changeLines(difference).join('\n')}\n`),
  );
}

/** The documents of the one worker whose fingerprint begins so. Throws bad-input where there is none, or are several. */
export function findWorker(named: string, documents: readonly LedgerDocument[]): readonly LedgerDocument[] {
  const found = documents.filter(({ fingerprint }) => fingerprint.startsWith(named));
  const prints = new Set(found.map(({ fingerprint }) => fingerprint));
  const next = '`gameday ledger list` shows the fingerprints; --rig those of the rig.';
  if (named.length < 4 && named !== NO_FINGERPRINT)
    throw new GamedayError('bad-input', `"${named}" is too short for a fingerprint: four digits at least`, {
      next,
    });
  if (prints.size === 1) return found;
  const what = prints.size === 0 ? 'no drill has the' : `${prints.size} workers have a`;
  throw new GamedayError('bad-input', `${what} fingerprint ${named}`, { next });
}

/** Reads every document of both worlds and, where journals are given, compares each with its journal. */
export async function verifyLedger(
  folders: readonly string[],
  flags: BaseFlags,
  runner: Runner,
): Promise<void> {
  const store = await openLedger(flags, runner);
  const journals: JournalRead[] = [];
  for (const folder of folders)
    journals.push(...(await readJournalsUnder(folder, runner.version, 'as-stored')));
  const real = await readLedger(store, 'real', runner);
  const rig = real === null ? null : await readLedger(store, 'rig', runner);
  if (real === null || rig === null) return;
  const documents = [...real.documents, ...rig.documents];
  const refused = [...real.refused, ...rig.refused];
  const differing = compareWithJournals(documents, journals);
  const isWrong = refused.length > 0 || differing.length > 0;
  const verified = { documents: documents.length, journals: journals.length, refused, differing };
  runner.finish(answerOf(isWrong ? 'failed' : 'clean', { ledger: store.name, ...verified }), (stdout) =>
    stdout.write(`${verifiedLines(verified, store.name, stdout.colors).join('\n')}\n`),
  );
}

/** What the journals say and the ledger does not. */
function compareWithJournals(
  documents: readonly LedgerDocument[],
  journals: readonly JournalRead[],
): Verified['differing'] {
  const byKey = new Map(documents.map((document) => [keyOfRecord(document), document]));
  return journals.flatMap(({ journal, document, why }) => {
    if (document === null) return why === null ? [] : [{ journal, said: why }];
    const standing = byKey.get(keyOfRecord(document));
    if (standing === undefined)
      return [{ journal, said: `drill ${document.drill} is not in the ledger as ${keyOfRecord(document)}` }];
    const names = listDifferences(standing, document);
    if (names.length === 0) return [];
    return [{ journal, said: `the document of drill ${document.drill} differs in ${names.join(', ')}` }];
  });
}
