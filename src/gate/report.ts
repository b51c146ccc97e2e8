import { formatClaim, formatLower, formatShare, formatUpper } from '../claim/claim.ts';
import type { Claim } from '../claim/claim.ts';
import { isShareLarge } from '../claim/judge.ts';
import type { Judgement } from '../claim/judge.ts';
import type { DirectJudgement, StopsOfRuns } from '../claim/runs.ts';
import { escapeControls } from '../journal/escape.ts';
import type { RefusedDocument } from '../ledger/read.ts';
import { formatSpan } from '../model/instants.ts';
import { createPainter } from '../report/paint.ts';
import type { Tone } from '../report/paint.ts';
import { formatInstant } from '../report/text.ts';
import type { Decision } from './decide.ts';

/** What a gate answers, as `--json` prints it; rates are parts of 1, instants and times milliseconds. */
export interface GateDocument extends Decision {
  readonly claim: Claim & { readonly said: string };
  readonly ledger: string;
  readonly world: 'real' | 'rig';
  readonly worker: { readonly said: string; readonly unknowns: readonly string[] };
  /** Lost runs of --losses that lie beside the claim; null where none were given. */
  readonly losses: { readonly runs: number; readonly lost: number; readonly upper: number } | null;
  /** Documents of the ledger that do not count. */
  readonly refused: readonly RefusedDocument[];
}

const WORDS: Readonly<Record<Judgement['answer'], readonly [string, Tone]>> = {
  held: ['HELD', 'good'],
  refuted: ['REFUTED', 'bad'],
  'not-enough-evidence': ['NOT ENOUGH EVIDENCE', 'warn'],
};

/** The answer for a person. */
export function gateLines(document: GateDocument, colors: boolean): readonly string[] {
  const { claim, answer, worker, world, fingerprint, drills, runs, lacks, losses } = document;
  const paint = createPainter(colors);
  const [word, tone] = WORDS[answer];
  const lines: readonly string[] = [
    `  ${worker.said}${world === 'rig' ? ', by drills on the rig' : ''}: worker ${shorten(fingerprint)}`,
    ...document.assumed.map((one) => `  taken to be so: ${one}`),
    ...(runs === null ? [] : runsLines(runs, losses)),
    ...(drills === null ? [] : drillLines(drills, runs !== null)),
    ...(losses === null ? [] : [`  beside it: ${sayLosses(losses)}, whether or not by a stop`]),
    ...lacks.map((lack) => `  ${lack}`),
    ...nearestLines(document),
    ...worker.unknowns.map((one) => `  not known: ${one}`),
    ...warnings(document).map((one) => `  warning: ${one}`),
  ];
  return [`${paint(word, tone)}  ${formatClaim(claim)}`, ...lines.map(escapeControls)];
}

function runsLines(
  { upper, lower, stops }: NonNullable<Decision['runs']>,
  losses: GateDocument['losses'],
): readonly string[] {
  const how: Readonly<Record<StopsOfRuns['by'], string>> = {
    statement: 'as stated',
    count: 'as counted',
    losses: `by ${losses === null ? 'losses' : sayLosses(losses)} and what stops lost then`,
  };
  const above = lower > 0 ? `, at least ${formatLower(lower)}` : '';
  return [
    `  runs lost by stops: at most ${formatUpper(upper)}${above}, as the product of both factors, each at ${formatShare(stops.confidence)}`,
    `  runs that meet a stop: at most ${formatUpper(stops.upper)}, ${how[stops.by]}`,
  ];
}

function sayLosses({ runs, lost, upper }: NonNullable<GateDocument['losses']>): string {
  return `${String(lost)} of ${String(runs)} runs lost, at most ${formatUpper(upper)}`;
}

const FAILURE: Readonly<Record<Claim['kind'], string>> = {
  'lost-given-stop': 'lost a job',
  'not-drained': 'did not drain',
  'runs-lost': 'lost a job',
};

/** What the drills show; `isFactor`: they are one factor of a claim on runs. */
export function drillLines(judged: Judgement, isFactor = false): readonly string[] {
  const { claim, counts, upper, lower, left, steps, faults, newest } = judged;
  const { failed, held, jobs, undecided, outlasted, inconclusive, notRun } = counts;
  const bounds = `at most ${formatUpper(upper)}${lower > 0 ? `, at least ${formatLower(lower)}` : ''}`;
  const needed = isFactor ? ` (${formatShare(Number(claim.limit.toPrecision(4)))} is enough)` : '';
  const beside = [
    [undecided, 'undecided'],
    [outlasted, 'outlasted'],
    [inconclusive, 'inconclusive'],
    [notRun, 'refused or not run'],
  ] as const;
  const others = beside.flatMap(([count, word]) => (count === 0 ? [] : [`${String(count)} ${word}`]));
  return [
    failed + held === 0
      ? '  no drill counts'
      : `  ${String(failed)} of ${countThings(failed + held, 'drill')} ${FAILURE[claim.kind]} (${countThings(jobs, 'job')}): ${bounds}${needed}`,
    ...(others.length === 0 ? [] : [`  not counted: ${others.join(', ')}`]),
    ...(steps.length === 0 ? [] : [`  drilled: ${steps.join(', ')}; ${faults.join(', ')}${sayLeft(left)}`]),
    ...(newest === null ? [] : [`  last drill: ${formatInstant(newest).slice(0, 10)}`]),
  ];
}

function sayLeft(left: Judgement['left']): string {
  if (left === null) return '';
  const { least, middle, most } = left;
  return `; jobs had ${formatSpan(least)} to ${formatSpan(most)} left, half of them ${formatSpan(middle)} or more`;
}

function nearestLines({ nearest, open, answer }: GateDocument): readonly string[] {
  const next = open === null || answer !== 'not-enough-evidence' ? [] : [`  ${open.next}`];
  if (nearest === null || answer !== 'not-enough-evidence') return next;
  const { fingerprint, trials, changes } = nearest;
  return [
    ...next,
    `  nearest worker: ${shorten(fingerprint)} with ${countThings(trials, 'trial')}, which do not count, as it differs:`,
    ...changes.map((change) => `    ${change}`),
    ...(changes.some((change) => change.startsWith('image of ') && change.includes('digest not known'))
      ? ['  Name the image with --image-digest CONTAINER=sha256:...; a tag may mean another image tomorrow.']
      : []),
  ];
}

function warnings({ drills, unread, refused }: GateDocument): readonly string[] {
  return [
    ...(drills !== null && isShareLarge(drills)
      ? [
          `${String(Math.round(100 * drills.inconclusiveShare))} % of the drills proved nothing; they may not be missing at random`,
        ]
      : []),
    ...unread.map(({ key, why, said }) => `${key} (${why}): ${said}`),
    ...(refused.length > unread.length
      ? [
          `${countThings(refused.length - unread.length, 'other document')} of the ledger cannot count: gameday ledger verify`,
        ]
      : []),
  ];
}

/** The answer to a claim on runs that rests on the runs alone. */
export function directLines(
  { claim, answer, upper, lower }: DirectJudgement,
  { runs, lost }: { readonly runs: number; readonly lost: number },
  colors: boolean,
): readonly string[] {
  const [word, tone] = WORDS[answer];
  return [
    `${createPainter(colors)(word, tone)}  ${formatClaim(claim)}`,
    `  by the runs alone, without a drill: ${String(lost)} of ${String(runs)} lost`,
    `  at most ${formatUpper(upper)}, at least ${formatLower(lower)}`,
    ...(answer === 'not-enough-evidence'
      ? ['  With --stopped, far fewer drills than runs carry the same claim.']
      : []),
  ];
}

function shorten(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

function countThings(count: number, thing: string): string {
  return `${String(count)} ${thing}${count === 1 ? '' : 's'}`;
}
