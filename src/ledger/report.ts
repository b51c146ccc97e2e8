import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import { createPainter, type Tone } from '../report/paint.ts';
import { formatInstant } from '../report/text.ts';
import type { DrillDifference } from './compare.ts';
import { shortenDigest } from './diff.ts';
import { NO_FINGERPRINT, type LedgerDocument } from './document.ts';
import type { RefusedDocument } from './read.ts';
import type { Silence } from './silence.ts';
import { nameService, type Trend, type WorkerSummary } from './trend.ts';

/** What happened to one journal that was to be entered. */
export interface Entered {
  readonly journal: string;
  readonly drill: string | null;
  readonly is: 'added' | 'known' | 'different' | 'unread';
  readonly key: string | null;
  readonly said: string | null;
}

/** What differs between two workers, from the first to the second. */
export interface Difference {
  readonly from: string;
  readonly to: string;
  readonly changes: readonly string[];
  /** Trials of the first worker, which do not count for the second, and those of the second. */
  readonly drills: number;
  readonly own: number;
}

/** What was found wrong with a ledger. */
export interface Verified {
  readonly documents: number;
  readonly journals: number;
  readonly refused: readonly RefusedDocument[];
  /** Journals whose drill the ledger lacks or tells otherwise. */
  readonly differing: readonly { readonly journal: string; readonly said: string }[];
}

/** So many digits of a fingerprint tell workers apart for people. */
const SHOWN_DIGITS = 12;

/** The beginning of a fingerprint. */
export function shortenFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, SHOWN_DIGITS);
}

const WORDS: Readonly<Record<Entered['is'], readonly [string, Tone]>> = {
  added: ['added', 'good'],
  known: ['there already', 'quiet'],
  different: ['ANOTHER DOCUMENT STANDS THERE', 'bad'],
  unread: ['not added', 'bad'],
};

/** One line for each journal, and the sum. */
export function enteredLines(
  entered: readonly Entered[],
  ledger: string,
  colors: boolean,
): readonly string[] {
  const paint = createPainter(colors);
  const lines = entered.map(({ journal, drill, is, key, said }) => {
    const [word, tone] = WORDS[is];
    const why =
      is === 'different'
        ? `: ${key ?? ''} was left as it is; ${said ?? ''}`
        : said === null
          ? ''
          : `: ${said}`;
    return `${escapeControls(drill ?? journal)}  ${paint(word, tone)}${escapeControls(why)}`;
  });
  const count = (is: Entered['is']): number => entered.filter((one) => one.is === is).length;
  return [
    ...lines,
    escapeControls(
      `${ledger}: ${countThings(count('added'), 'drill')} added, ${count('known')} there already, ${count('different')} in conflict, ${count('unread')} not added.`,
    ),
  ];
}

/** One line for each worker. */
export function listLines(
  workers: readonly WorkerSummary[],
  refused: readonly RefusedDocument[],
  ledger: string,
  colors: boolean,
): readonly string[] {
  if (workers.length === 0 && refused.length === 0) return [`No drills in ${ledger}.`];
  return [...workers.map((one) => escapeControls(sayWorker(one))), ...refusedLines(refused, colors)];
}

function sayWorker(one: WorkerSummary): string {
  const { fingerprint, services, drills, proven, lost, drained, outlasted, notDrained, undecided } = one;
  const days = one.first === one.last ? one.first : `${one.first} to ${one.last}`;
  const where = `${services.join(', ')}, ${days}`;
  if (fingerprint === NO_FINGERPRINT)
    return `(no worker)   ${countThings(drills, 'drill')} that ended before their worker was known  ${where}`;
  const parts = [
    `${drained} drained`,
    ...(outlasted > 0 ? [`${outlasted} outlasted`] : []),
    `${notDrained} not drained`,
    ...(undecided > 0 ? [`${undecided} undecided`] : []),
  ];
  return `${shortenFingerprint(fingerprint)}  ${countThings(proven, 'trial')} in ${countThings(drills, 'drill')}: ${parts.join(', ')}; ${lost} with a job lost  ${where}`;
}

/** Documents that do not count. */
export function refusedLines(refused: readonly RefusedDocument[], colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  return refused.map(
    ({ key, why, said }) =>
      `${paint(`does not count (${why})`, 'bad')}  ${escapeControls(`${key}: ${said}`)}`,
  );
}

/** The worker in words, and its drills. */
export function showLines(documents: readonly LedgerDocument[], colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  const [first] = documents;
  const worker = first?.worker ?? null;
  const unknowns = [...new Set(documents.flatMap((one) => one.unknowns))];
  return [
    paint(first?.fingerprint ?? '', 'loud'),
    ...(worker === null ? [] : workerLines(worker)),
    ...unknowns.map((one) => paint(escapeControls(`  not known: ${one}`), 'warn')),
    '',
    ...documents.map((one) => escapeControls(sayDrill(one))),
  ];
}

function workerLines(worker: NonNullable<LedgerDocument['worker']>): readonly string[] {
  const { launch, platform, agent, fault, containers } = worker;
  const lines = [
    `  ${fault} on ${launch}, ${platform ?? 'platform not known'}; agent ${agent.version ?? '(version not known)'} in container ${agent.container}`,
    ...containers.map(({ name, image, entryPoint, command, stopTimeout, settings, dependsOn }) => {
      const shown = image.digest === null ? (image.reference ?? '(no image)') : shortenDigest(image.digest);
      const start = [...entryPoint, ...command].join(' ');
      return [
        `  ${name}: ${shown}`,
        ...(start === '' ? [] : [`starts ${start}`]),
        ...Object.entries(settings).map(([variable, value]) => `${variable}=${value}`),
        `stopTimeout ${stopTimeout === null ? "(the host's)" : formatSpan(stopTimeout)}`,
        ...(Object.keys(dependsOn).length === 0 ? [] : [`depends on ${Object.keys(dependsOn).join(', ')}`]),
      ].join('; ');
    }),
  ];
  return lines.map(escapeControls);
}

function sayDrill(one: LedgerDocument): string {
  const { drill, at, outcome, reason, service, cluster, pipeline, step, jobs, jobsLost, leftMs, drainMs } =
    one;
  const times = [
    ...(jobs > 0 ? [`${jobsLost} of ${countThings(jobs, 'job')} lost`] : []),
    ...(leftMs === null ? [] : [`the job had ${formatSpan(leftMs)} left`]),
    ...(drainMs === null ? [] : [`drained in ${formatSpan(drainMs)}`]),
  ];
  const about = [service ?? cluster, pipeline, step].filter((part) => part !== '').join(' ');
  return `${drill}  ${formatInstant(at).slice(0, 16)}Z  ${`${outcome}: ${reason}`.padEnd(30)}  ${about}${times.length === 0 ? '' : `; ${times.join(', ')}`}`;
}

/** What changed, in words, and how many drills no longer count. */
export function changeLines({ from, to, changes, drills, own }: Difference): readonly string[] {
  const counted = countThings(drills, 'drill');
  if (changes.length === 0) return [`${shortenFingerprint(from)} is the same worker: ${counted}.`];
  const [only = ''] = changes;
  const verb = drills === 1 ? 'counts' : 'count';
  const sum = `${counted} no longer ${verb}`;
  const tail = `${shortenFingerprint(to)} has ${countThings(own, 'drill')} of its own.`;
  return (changes.length === 1 ? [`${only}: ${sum}`, tail] : [...changes, `so ${sum}`, tail]).map(
    escapeControls,
  );
}

/** What differs between two drills, under a heading for each part of them. */
export function comparedLines(
  { worker, verdict, times }: DrillDifference,
  colors: boolean,
): readonly string[] {
  const paint = createPainter(colors);
  const part = (title: string, lines: readonly string[] | null): readonly string[] => [
    paint(title, 'loud'),
    ...(lines ?? ['not known of both drills']).map((line) => `  ${escapeControls(line)}`),
    ...(lines?.length === 0 ? ['  no difference'] : []),
  ];
  return [
    ...part('Differs in the worker', worker),
    ...part('Differs in the verdict', verdict),
    ...part('Differs in times', times),
  ];
}

/** What verify found. */
export function verifiedLines(
  { documents, journals, refused, differing }: Verified,
  ledger: string,
  colors: boolean,
): readonly string[] {
  const paint = createPainter(colors);
  const bad = refused.length + differing.length;
  const compared = journals === 0 ? '' : `, ${countThings(journals, 'journal')} compared`;
  return [
    ...refusedLines(refused, colors),
    ...differing.map(
      ({ journal, said }) => `${paint('differs', 'bad')}  ${escapeControls(`${journal}: ${said}`)}`,
    ),
    paint(
      escapeControls(
        `${ledger}: ${countThings(documents, 'document')} whole${compared}; ${bad === 0 ? 'nothing' : bad} wrong.`,
      ),
      bad === 0 ? 'good' : 'bad',
    ),
  ];
}

/** The nights of each service, the last ones only. */
export function trendLines(trends: readonly Trend[], shown: number): readonly string[] {
  return trends.flatMap((trend) => {
    const earlier = trend.nights.length - shown;
    return [
      '',
      escapeControls(nameService(trend)),
      ...(earlier > 0 ? [`  ${countThings(earlier, 'night')} before`] : []),
      ...trend.nights.slice(-shown).map((night) => {
        const { day, drained, outlasted, failed, inconclusive, other, medianDrain } = night;
        const parts = [
          `${drained} drained`,
          `${outlasted} outlasted`,
          `${failed} failed`,
          `${inconclusive} inconclusive`,
          ...(other > 0 ? [`${other} refused or not run`] : []),
          ...(medianDrain === null ? [] : [`median drain ${formatSpan(medianDrain)}`]),
        ];
        return `  ${day}  ${parts.join(', ')}`;
      }),
      ...(trend.ahead > 0
        ? [`  ${countThings(trend.ahead, 'drill')} dated in the future: the clock of a runner was wrong`]
        : []),
    ];
  });
}

/** Which services are silent, or that none is. */
export function alarmLines(silent: readonly Silence[], limit: number, colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  if (silent.length === 0)
    return [
      '',
      paint(
        `No alarm: no service has been without a drill that decided something for ${countThings(limit, 'night')}.`,
        'good',
      ),
    ];
  return [
    '',
    ...silent.map(
      ({ said }) => `${paint('ALARM', 'bad')}  ${escapeControls(said)}; limit ${countThings(limit, 'night')}`,
    ),
  ];
}

function countThings(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
