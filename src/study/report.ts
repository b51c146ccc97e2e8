import { escapeControls } from '../journal/escape.ts';
import type { StudyArm } from '../verdict/result.ts';
import { createPainter } from '../report/paint.ts';
import { formatSpan } from '../model/instants.ts';
import { pad, widthOf } from '../report/width.ts';

interface Row {
  readonly name: string;
  readonly of: (arm: StudyArm) => string;
}

/** The rows of a study's table, in the order of the incident's table. */
const ROWS: readonly Row[] = [
  { name: 'jobs lost, of those that a stop hit', of: lostOf },
  { name: 'drain of an idle worker', of: ({ idle }) => drainOf(idle) },
  { name: 'drain of a busy worker', of: ({ busy }) => drainOf(busy) },
  { name: 'builds killed by one deployment', of: killedOf },
  { name: 'stopTimeout', of: ({ stopTimeouts }) => sayRange(stopTimeouts, formatSpan) },
];

function lostOf({ jobsHit, jobsLost }: StudyArm): string {
  if (jobsHit === 0) return 'no job was hit';
  return `${String(jobsLost)} of ${String(jobsHit)} (${((100 * jobsLost) / jobsHit).toFixed(0)} %)`;
}

function drainOf({ drills, drained, median, longest }: StudyArm['idle']): string {
  if (drills === 0) return 'not stopped';
  if (median === null || longest === null) return 'no drain: killed';
  const most = longest === median ? '' : `, at most ${formatSpan(longest)}`;
  const killed = drained === drills ? '' : `; ${String(drills - drained)} of ${String(drills)} killed`;
  return `${formatSpan(median)}${most}${killed}`;
}

function killedOf({ deployments }: StudyArm): string {
  if (deployments.length === 0) return 'no deployment';
  const killed = sayRange(
    deployments.map(({ buildsKilled }) => buildsKilled),
    String,
  );
  const hit = sayRange(
    deployments.map(({ buildsHit }) => buildsHit),
    String,
  );
  return `${killed} of ${hit} hit`;
}

function sayRange(numbers: readonly number[], text: (number: number) => string): string {
  if (numbers.length === 0) return 'unknown';
  const [least, most] = [text(Math.min(...numbers)), text(Math.max(...numbers))];
  return least === most ? least : `${least} to ${most}`;
}

/** The table for a screen: one column an arm, and below it the drills that were not counted. */
export function studyLines(
  arms: readonly StudyArm[],
  colors: boolean,
  mostUncounted = Infinity,
): readonly string[] {
  const paint = createPainter(colors);
  const table = tableOf(arms);
  const widths = (table[0] ?? []).map((_cell, column) =>
    Math.max(...table.map((cells) => widthOf(cells[column] ?? ''))),
  );
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...rows] = lines;
  const uncounted = uncountedOf(arms);
  const more = uncounted.length - mostUncounted;
  return [
    paint(head, 'loud'),
    ...rows,
    ...uncounted.slice(0, mostUncounted),
    ...(more > 0 ? [`and ${String(more)} more that are not counted`] : []),
  ];
}

/** The table as Markdown. */
export function studyPage(arms: readonly StudyArm[]): string {
  const [head = [], ...rows] = tableOf(arms);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const text = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  return `${[...text, ...uncountedOf(arms).flatMap((one) => ['', `- ${one}`])].join('\n')}\n`;
}

function tableOf(arms: readonly StudyArm[]): readonly (readonly string[])[] {
  return [
    ['', ...arms.map(({ arm }) => escapeControls(arm))],
    ...ROWS.map(({ name, of }) => [name, ...arms.map(of)]),
  ];
}

function uncountedOf(arms: readonly StudyArm[]): readonly string[] {
  return arms.flatMap(({ arm, uncounted }) =>
    uncounted.map((one) => escapeControls(`not counted, ${arm}: ${one}`)),
  );
}
