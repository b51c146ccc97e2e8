import { escapeControls } from '../journal/escape.ts';
import type { Arm, DrillLine, Rehearsal } from './document.ts';
import { createPainter, toneOf } from '../report/paint.ts';
import type { Paint, Tone } from '../report/paint.ts';
import { formatSpan } from '../model/instants.ts';
import { pad, widthOf, wrap } from '../report/width.ts';

/** Largest width of text, in columns. */
const READABLE = 100;

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

const NAMES: Readonly<Record<DrillLine['drill'], string>> = {
  busy: 'stop while busy',
  idle: 'stop while idle',
  'near-end': 'stop near the end',
};

/** The report of a rehearsal: findings, the drills of both definitions side by side, and the differences from ECS. */
export function rehearsalLines(
  rehearsal: Rehearsal,
  options: { readonly columns: number; readonly colors: boolean },
): readonly string[] {
  const paint = createPainter(options.colors);
  const width = Math.max(40, Math.min(options.columns, READABLE));
  const { given, fixed, file, container, launch, advice, folder } = rehearsal;
  const heading = (text: string): readonly string[] =>
    wrap(escapeControls(text), width).map((line) => paint(line, 'loud'));
  const section = (title: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [] : [paint(title, 'loud'), ...items.flatMap((item) => indentText(item, width)), ''];
  return [
    ...heading(`Rehearsal of ${file}, container ${container}; ${launch}`),
    '',
    ...section('Preflight', preflightOf(given)),
    ...tableOf(rehearsal).map((cells) => rowOf(cells, widthsOf(rehearsal), paint)),
    '',
    ...section('What the drills showed', [...saidOf('as given', given), ...saidOf('fixed', fixed)]),
    ...(fixed === null
      ? []
      : [...heading(`Fixed by ${fixed.rules.join(', ')}: ${fixed.file}`), ...diffOf(fixed, paint)]),
    ...section('What remains to do', advice === null ? [] : [advice]),
    ...section('What differs from ECS', rehearsal.differs),
    ...section('What to do next', [
      `scenarios and rigs of all drills: ${folder}`,
      ...given.drills.slice(0, 1).map(({ scenario }) => `$ gameday run --rig ${scenario}`),
      ...given.drills.flatMap(({ journal }) => (journal === null ? [] : [`journal ${journal}`])),
    ]),
    lastLine(given, paint),
  ];
}

/** The line that a rehearsal ends with. */
export function lastLine(given: Arm, paint: Paint): string {
  return `Rehearsal: ${paint(wordOf(given), toneOf(given.outcome))} (exit code ${String(given.exitCode)})`;
}

/** `failed: lost, not-drained`. */
export function wordOf({ outcome, drills }: Arm): string {
  const reasons = drills
    .filter((one) => one.outcome === outcome && one.reason !== outcome)
    .map(({ reason }) => reason);
  return `${outcome}${reasons.length === 0 ? '' : `: ${[...new Set(reasons)].join(', ')}`}`;
}

function preflightOf({ findings }: Arm): readonly string[] {
  if (findings.length === 0) return ['no findings'];
  return findings.map(({ severity, rule, seen }) => `${severity} ${rule}: ${seen}`);
}

function saidOf(whose: string, arm: Arm | null): readonly string[] {
  return (arm?.drills ?? []).flatMap(({ drill, said, played, cause }) => {
    const times = played === 1 ? '' : ` (run ${String(played)} times: a disturbed run proved nothing)`;
    const why = cause === null ? [] : [`cause: ${cause.name} (${cause.weight}): ${cause.said}`];
    return [`${whose}, ${NAMES[drill]}: ${said}${times}`, ...why];
  });
}

function diffOf(
  { diff }: NonNullable<Rehearsal['fixed']>,
  paint: ReturnType<typeof createPainter>,
): readonly string[] {
  const tone = (line: string): Tone =>
    line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'quiet';
  return [...diff.map((line) => `  ${paint(escapeControls(line), tone(line))}`), ''];
}

/** A table with one row a drill and one column a definition. */
function tableOf({ given, fixed, job, step }: Rehearsal): readonly (readonly Cell[])[] {
  const arms = [given, ...(fixed === null ? [] : [fixed])];
  const head = ['', 'as given', 'fixed'].slice(0, arms.length + 1);
  const drills = given.drills.map(({ drill }) => [
    makeCell(NAMES[drill]),
    ...arms.map((arm) => verdictOf(arm.drills.find((one) => one.drill === drill))),
  ]);
  const drains = given.drills.map(({ drill }) => [
    makeCell(`  drain, ${drill}`),
    ...arms.map((arm) => makeCell(drainOf(arm, drill))),
  ]);
  return [
    head.map((text) => ({ text, tone: 'loud' })),
    ...drills.flatMap((row, index) => [row, drains[index] ?? []]),
    [makeCell('until SIGKILL (stopTimeout)'), ...arms.map(({ window }) => makeCell(formatSpan(window)))],
    [makeCell('preflight'), ...arms.map((arm) => makeCell(countsOf(arm)))],
    [makeCell(`step ${escapeControls(step)}`), ...arms.map(() => makeCell(formatSpan(job.ms)))],
  ];
}

function makeCell(text: string): Cell {
  return { text, tone: 'plain' };
}

function verdictOf(line: DrillLine | undefined): Cell {
  if (line === undefined) return makeCell('no result');
  return { text: `${line.outcome.toUpperCase()}: ${line.reason}`, tone: toneOf(line.outcome) };
}

function drainOf({ drills, window }: Arm, drill: DrillLine['drill']): string {
  const line = drills.find((one) => one.drill === drill);
  if (line === undefined) return '-';
  if (line.drain === null) return 'not measured';
  // A drain that took the whole window ended by SIGKILL.
  const how = line.outcome === 'failed' && line.drain >= window ? 'killed after ' : '';
  return `${how}${formatSpan(line.drain)} of ${formatSpan(window)}`;
}

function countsOf({ findings }: Arm): string {
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${String(count)} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'no findings' : counts.join(', ');
}

function widthsOf(rehearsal: Rehearsal): readonly number[] {
  const table = tableOf(rehearsal);
  return (table[0] ?? []).map((_cell, column) =>
    Math.max(...table.map((cells) => widthOf(cells[column]?.text ?? ''))),
  );
}

function rowOf(
  cells: readonly Cell[],
  widths: readonly number[],
  paint: ReturnType<typeof createPainter>,
): string {
  return cells
    .map(({ text, tone }, column) =>
      column === cells.length - 1
        ? paint(text, tone)
        : `${paint(text, tone)}${' '.repeat(pad(text, widths[column] ?? 0).length - text.length)}`,
    )
    .join('  ')
    .trimEnd();
}

function indentText(text: string, width: number): readonly string[] {
  return wrap(escapeControls(text), width - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`);
}
