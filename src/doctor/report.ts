import { escapeControls } from '../journal/escape.ts';
import { createPainter, type Tone } from '../report/paint.ts';
import { pad, wrap } from '../report/width.ts';
import type { Status } from './seen.ts';

/** One answer with its check. */
export interface Finding {
  readonly check: string;
  readonly status: Status;
  readonly said: string;
  readonly next: string | null;
}

/** What doctor found about one scenario. */
export interface Examined {
  readonly file: string;
  readonly title: string;
  /** Whether nothing blocks a drill and nothing is unknown. */
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

const TONES: Readonly<Record<Status, Tone>> = {
  ok: 'good',
  warning: 'warn',
  blocking: 'bad',
  unknown: 'warn',
};
const WORDS: Readonly<Record<Status, string>> = {
  ok: 'ok',
  warning: 'warning',
  blocking: 'BLOCKING',
  unknown: 'not known',
};
const WIDEST = Math.max(...Object.values(WORDS).map(({ length }) => length));

/** One scenario on the screen: a line for each answer, and what to do below it. */
export function examinedLines(
  { file, title, ready, findings }: Examined,
  columns: number,
  colors: boolean,
): readonly string[] {
  const paint = createPainter(colors);
  const names = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(2 + WIDEST + 2 + names + 2);
  const width = Math.max(20, columns - indent.length);
  const lines = findings.flatMap(({ check, status, said, next }) => {
    const [first = '', ...rest] = [
      ...wrap(escapeControls(said), width, true),
      ...(next === null ? [] : wrap(escapeControls(`-> ${next}`), width, true)),
    ];
    return [
      `  ${paint(pad(WORDS[status], WIDEST), TONES[status])}  ${pad(check, names)}  ${first}`,
      ...rest.map((line) => `${indent}${line}`),
    ];
  });
  return [
    ...wrap(escapeControls(`${file}: ${title}`), columns).map((line) => paint(line, 'loud')),
    ...lines,
    '',
    paint(`${ready ? 'Ready' : 'Not ready'}: ${countStatuses(findings)}.`, ready ? 'good' : 'bad'),
  ];
}

/** `9 ok, 2 warnings`; statuses without a finding are left out. */
function countStatuses(findings: readonly Finding[]): string {
  const statuses: readonly Status[] = ['blocking', 'unknown', 'warning', 'ok'];
  return statuses
    .flatMap((status) => {
      const count = findings.filter((one) => one.status === status).length;
      const word = status === 'warning' && count > 1 ? 'warnings' : WORDS[status].toLowerCase();
      return count === 0 ? [] : [`${String(count)} ${word}`];
    })
    .join(', ');
}
