import { formatClaim, formatLower, formatUpper } from '../claim/claim.ts';
import type { Claim } from '../claim/claim.ts';
import { drillLines } from '../gate/report.ts';
import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import { createPainter } from '../report/paint.ts';
import type { Progress, Stop } from './progress.ts';

/** What a certification came to, as `--json` prints it. */
export interface CertifyDocument extends Progress {
  readonly claim: Claim & { readonly said: string };
  readonly ledger: string;
  readonly world: 'real' | 'rig';
  /** Drills of this run and of runs that it took up, by their ids. */
  readonly own: readonly { readonly drill: string; readonly outcome: string; readonly reason: string }[];
  readonly max: number;
}

/** One line after each drill: the count, the bound, and what is still to come. */
export function progressLine(progress: Progress, ended: number, msPerDrill: number | null): string {
  const { workers, answer, expected, stop } = progress;
  const counted = workers.map(({ judged }) => {
    const { failed, held } = judged.counts;
    const low = judged.lower > 0 ? `, at least ${formatLower(judged.lower)}` : '';
    return `${String(failed)} of ${String(failed + held)} failed: at most ${formatUpper(judged.upper)}${low}`;
  });
  const rest =
    stop !== null
      ? answer.replaceAll('-', ' ')
      : expected === null
        ? 'it is open when this will be decided'
        : `about ${String(expected)} more${msPerDrill === null ? '' : `, ${formatSpan(expected * msPerDrill)}`}`;
  return `certify: drill ${String(ended)}; ${[...counted, rest].join('; ')}`;
}

const STOPS: Readonly<Record<Stop, string>> = {
  decided: 'the answer is known',
  maximum: 'as many drills were run as --max allows',
  'out-of-reach': 'the drills that --max leaves could not decide it, whatever they came to',
  unreadable:
    'the ledger has documents of this worker that cannot be read, and may tell of losses: gameday ledger verify',
  fruitless: 'the last drills stopped nothing: read why, and run the same command again',
};

/** The answer for a person. */
export function certifyLines(document: CertifyDocument, colors: boolean): readonly string[] {
  const { answer, workers, replaced, own, stop, missing, world } = document;
  const paint = createPainter(colors);
  const tone = ({ held: 'good', refuted: 'bad', 'not-enough-evidence': 'warn' } as const)[answer];
  const lines = [
    `  ${String(own.length)} drills of this certification${world === 'rig' ? ', on the rig' : ''}; ${stop === null ? 'it was interrupted' : STOPS[stop]}`,
    ...workers.flatMap(({ fingerprint, judged }) => [
      `  worker ${fingerprint.slice(0, 12)}, with all of its drills in the ledger:`,
      ...drillLines(judged),
    ]),
    ...replaced.map(
      (one) => `  worker ${one.slice(0, 12)} was released away meanwhile: its drills no longer count`,
    ),
    ...(answer === 'not-enough-evidence' && missing !== null
      ? [`  missing: ${String(missing)} clean drills`]
      : []),
  ];
  return [
    `${paint(answer.replaceAll('-', ' ').toUpperCase(), tone)}  ${formatClaim(document.claim)}`,
    ...lines.map(escapeControls),
  ];
}
