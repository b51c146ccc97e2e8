import { answerOf, documentOf } from '../cli/exit-codes.ts';
import type { Answer } from '../cli/exit-codes.ts';
import { variablesOf } from '../cli/flags.ts';
import { runGameDay } from '../cli/game-day.ts';
import { isDrawn } from '../cli/reporters.ts';
import type { Runner } from '../cli/runner.ts';
import { planScenario } from '../cli/runs.ts';
import { readScenarios } from '../cli/scenarios.ts';
import { formatClaim } from '../claim/claim.ts';
import { readClaim } from '../gate/input.ts';
import { mayBeLoss } from '../gate/decide.ts';
import { askedBy, OUTCOMES } from '../gate/service.ts';
import { systemClock } from '../http/clock.ts';
import type { World } from '../ledger/document.ts';
import type { FoldedLedger } from '../ledger/fold.ts';
import { finishAway, openLedger, readWorld } from '../ledger/service.ts';
import { GamedayError } from '../model/errors.ts';
import { countMissing, upperNightly } from '../statistics/nightly.ts';
import { finalLine } from '../report/summary.ts';
import type { Store } from '../store/port.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { watchLedger } from './kept-ledger.ts';
import { takeUpLeftovers } from './leftovers.ts';
import type { CertifyFlags } from './options.ts';
import { mayBegin, weighProgress } from './progress.ts';
import type { Certification, Progress } from './progress.ts';
import { certifyLines, progressLine } from './report.ts';
import type { CertifyDocument } from './report.ts';

/** Drills until the claim is decided, or as many times as it may. */
export async function runCertify(
  files: readonly string[],
  flags: CertifyFlags,
  runner: Runner,
): Promise<void> {
  const wanted = readCertification(flags);
  const variables = variablesOf(flags.var);
  const { scenarios, errors } = await readScenarios(files, variables, runner);
  const planned = await Promise.all(scenarios.map((one) => planScenario(one, flags, runner)));
  const wrong = [...errors, ...planned.flatMap((one) => one.errors)];
  if (wrong.length > 0) return runner.finish(documentOf('bad-input', wrong));
  const store = await openLedger(flags, runner);
  // A rig that is reached by its settings is one too.
  const isRig = planned.every(({ settings }) => settings === null || settings.label === 'rig');
  const world = isRig ? 'rig' : 'real';
  const ledger = await readBefore(store, world, runner);
  if (ledger === null) return;
  const { documents: before, refused } = ledger;
  const certification = { ...wanted, unreadable: findUnreadable(refused) };
  const { max, claim } = wanted;
  let progress: Progress = weighProgress(certification, [], before);
  let began: { readonly at: number; readonly taken: number } | null = null;
  let line: string | null = null;
  const kept = watchLedger(store, () => {
    const own = kept.added();
    const ids = new Set(own.map(({ drill }) => drill));
    const all = [...before.filter(({ drill }) => !ids.has(drill)), ...own];
    progress = weighProgress(certification, own, all, began?.taken ?? own.length);
    const ms = began === null ? null : (systemClock.now() - began.at) / Math.max(1, own.length - began.taken);
    line = progressLine(progress, own.length, ms);
    // The live view shows it, and no other line may come between.
    if (began === null || !isDrawn(runner)) runner.output.stderr.write(`${line}\n`);
  });
  const known = new Set(before.filter(({ outcome }) => outcome !== 'interrupted').map(({ drill }) => drill));
  const left = { files: new Set(scenarios.map(({ file }) => file)), known, variables };
  const unfinished = await takeUpLeftovers(left, flags, kept.store, runner);
  if (unfinished !== null) return runner.finish(unfinished);

  const taken = kept.added().length;
  began = { at: systemClock.now(), taken };
  const finish = (day: GameDayDocument): void => {
    const failure = kept.failure();
    if (failure !== null && day.outcome !== 'interrupted') return finishAway(failure, runner);
    const document: CertifyDocument = {
      claim: { ...claim, said: formatClaim(claim) },
      ...{ ledger: store.name, world, max, ...progress },
      own: kept.added().map(({ drill, outcome, reason }) => ({ drill, outcome, reason })),
    };
    runner.finish(answerFor(day, document), (stdout) =>
      stdout.write(
        `${[...certifyLines(document, stdout.colors), ...[finalLine(day)].filter((one) => one !== null)].join('\n')}\n`,
      ),
    );
  };
  await runGameDay(
    {
      ...flags,
      ...{ files, variables, 'dry-run': false, layout: 'none', finish },
      agenda: { title: () => line, total: null, parallel: flags.parallel, lasts: null },
      repeat: Math.ceil(max / files.length),
      goesOn: (results, running) =>
        kept.failure() === null && mayBegin(progress, taken + results.length, running, max),
    },
    { ...runner, ledger: kept.store },
  );
}

function readCertification(flags: CertifyFlags): Omit<Certification, 'unreadable'> {
  const claim = readClaim(flags.claim);
  if (claim.kind === 'runs-lost')
    throw new GamedayError('bad-input', '--claim: drills alone do not certify a claim on runs', {
      next: 'Certify lost-given-stop, then ask `gameday gate` about runs-lost.',
    });
  const asked = askedBy(flags);
  const none = { failed: 0, trials: 0 };
  const clean = countMissing(upperNightly, none, claim.limit, claim.confidence) ?? Infinity;
  return { claim, asked, max: flags.max ?? Math.min(MOST_DRILLS, 3 * Math.max(clean, asked.atLeast)) };
}

/** As many as one game day runs. */
const MOST_DRILLS = 10_000;

/** The drills that the ledger has. A folder that is not there has none: its first document makes it. Null: it could not be read. */
async function readBefore(store: Store, world: World, runner: Runner): Promise<FoldedLedger | null> {
  const read = await readWorld(store, world, runner);
  if (read.ok) return read.value;
  const isNew = read.error.kind === 'missing' && !store.name.startsWith('s3://');
  if (!isNew) finishAway(read.error, runner);
  return isNew ? { documents: [], refused: [] } : null;
}

/** A document stands in the folder of its worker. */
function findUnreadable(refused: FoldedLedger['refused']): ReadonlySet<string> {
  return new Set(refused.filter(mayBeLoss).map(({ key }) => key.split('/')[2] ?? ''));
}

/** How the drills ended, where that kept the claim from being decided; else what was decided. */
function answerFor(day: GameDayDocument, document: CertifyDocument): Answer {
  const { outcome, errors } = day;
  const isCut = outcome === 'interrupted' || outcome === 'bad-input' || outcome === 'internal';
  const isFruitless = document.stop === 'fruitless' && (outcome === 'refused' || outcome === 'could-not-run');
  if (isCut || isFruitless) return { ...answerOf(outcome, document), exitCode: day.exitCode, errors };
  return answerOf(OUTCOMES[document.answer], document);
}
