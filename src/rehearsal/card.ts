import { fitParts, makePart, type Part } from '../report/card-parts.ts';
import { createPainter, toneOf, type Paint, type Tone } from '../report/paint.ts';
import { clip, pad, widthOf } from '../report/width.ts';
import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import type { Arm, DrillLine, Rehearsal } from './document.ts';
import { lastLine, wordOf } from './report.ts';

/** Lines of the end of a rehearsal, the last one included. */
const MOST_LINES = 14;
/** Largest width of text, in columns. */
const READABLE = 100;

export interface CardOptions {
  readonly columns: number;
  readonly rows: number;
  readonly colors: boolean;
  /** How long the rehearsal took, milliseconds. */
  readonly ms: number;
  /** Where all that the rehearsal showed stands; null: nowhere. */
  readonly report: string | null;
}

/** The end of a rehearsal on one screen: verdict, the drills of both definitions, cause, the fix to paste, the next command, the last line. */
export function rehearsalCard(rehearsal: Rehearsal, options: CardOptions): readonly string[] {
  const { given, file, container } = rehearsal;
  const width = Math.max(1, Math.min(options.columns - 1, READABLE));
  const paint = createPainter(options.colors);
  const height = Math.min(MOST_LINES, Math.max(3, options.rows - 1)) - 2;
  const table = drawTable(rehearsal, width, paint).slice(0, height);
  const parts = [
    ...causeParts(given, width),
    ...fixParts(rehearsal, width),
    ...findingParts(given, width),
    ...nextParts(rehearsal, width, options.report),
  ];
  const head = clip(
    `${wordOf(given).replace(/^[^:]+/, (outcome) => outcome.toUpperCase())}  (exit code ${String(given.exitCode)})  ${escapeControls(`${file}, container ${container}`)} [rig]`,
    width,
  );
  return [
    paint(head, toneOf(given.outcome)),
    ...table,
    ...fitParts(parts, height - table.length, width, paint),
    `${lastLine(given, paint)} in ${formatSpan(options.ms)}`,
  ];
}

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** How much the table says of each drill. */
interface Detail {
  readonly names: Readonly<Record<DrillLine['drill'], string>>;
  readonly window: string;
  say(line: DrillLine): string;
}

const LONG = { busy: 'stop while busy', idle: 'stop while idle', 'near-end': 'stop near the end' } as const;
const SHORT = { busy: 'busy', idle: 'idle', 'near-end': 'near end' } as const;

const sayVerdict = ({ outcome, reason }: DrillLine): string => `${outcome.toUpperCase()}: ${reason}`;

/** From the most to the least; the first that fits is shown. */
const DETAILS: readonly Detail[] = [
  {
    names: LONG,
    window: 'until SIGKILL',
    say: (line) => `${sayVerdict(line)}${line.drain === null ? '' : `, ${formatSpan(line.drain)}`}`,
  },
  { names: SHORT, window: 'SIGKILL', say: sayVerdict },
  { names: SHORT, window: 'SIGKILL', say: ({ outcome }) => outcome.toUpperCase() },
];

/** One row a drill and one column a definition, as detailed as the width allows. */
function drawTable({ given, fixed }: Rehearsal, width: number, paint: Paint): readonly string[] {
  const arms = [given, ...(fixed === null ? [] : [fixed])];
  const tables = DETAILS.map((detail) => tableOf(arms, detail));
  const table = tables.find((rows) => sumOf(widthsOf(rows)) <= width) ?? tables.at(-1) ?? [];
  const widths = widthsOf(table);
  return table.map((cells) => {
    let used = 0;
    return cells
      .map(({ text, tone }, column) => {
        const shown = clip(text, width - used);
        used += (widths[column] ?? 0) + GAP.length;
        return column === cells.length - 1
          ? paint(shown, tone)
          : `${paint(shown, tone)}${pad(shown, widths[column] ?? 0).slice(shown.length)}`;
      })
      .join(GAP)
      .trimEnd();
  });
}

const GAP = '  ';

function tableOf(arms: readonly Arm[], { names, window, say }: Detail): readonly (readonly Cell[])[] {
  const drills = (arms[0]?.drills ?? []).map(({ drill }) => [
    makeCell(names[drill]),
    ...arms.map((arm) => {
      const line = arm.drills.find((one) => one.drill === drill);
      return line === undefined ? makeCell('no result') : { text: say(line), tone: toneOf(line.outcome) };
    }),
  ]);
  return [
    ['', 'as given', 'fixed'].slice(0, arms.length + 1).map((text) => makeCell(text, 'loud')),
    ...drills,
    [makeCell(window), ...arms.map((arm) => makeCell(formatSpan(arm.window)))],
  ];
}

function makeCell(text: string, tone: Tone = 'plain'): Cell {
  return { text, tone };
}

function widthsOf(table: readonly (readonly Cell[])[]): readonly number[] {
  return (table[0] ?? []).map((_cell, column) =>
    Math.max(...table.map((cells) => widthOf(cells[column]?.text ?? ''))),
  );
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, 0) + GAP.length * Math.max(0, widths.length - 1);
}

/** The cause of the first drill that has one; else what is said of the first that did not pass. */
function causeParts({ drills }: Arm, width: number): readonly Part[] {
  const caused = drills.find(({ cause }) => cause !== null)?.cause ?? null;
  if (caused !== null) {
    const { name, weight, said } = caused;
    return [makePart(2, 'Cause', `${name} (${weight}): ${said}`, width, { most: 2 })];
  }
  const open = drills.find(({ outcome }) => outcome !== 'passed');
  return open === undefined ? [] : [makePart(2, 'Why', open.said, width, { most: 3 })];
}

/** The changed lines, ready to be pasted; or what remains to do where they do not help. */
function fixParts({ given, fixed, advice }: Rehearsal, width: number): readonly Part[] {
  const helps = fixed?.drills.every(({ outcome }) => outcome === 'passed') ?? false;
  const label = helps || given.outcome !== 'failed' ? 'Note' : 'To do';
  // Beside a fix it stands whole or not at all.
  const todo =
    advice === null ? [] : [makePart(helps ? 7 : 3, label, advice, width, { most: 3, least: helps ? 3 : 1 })];
  return fixed === null || !helps ? todo : [...changeParts(fixed, width), ...todo];
}

function changeParts(fixed: NonNullable<Rehearsal['fixed']>, width: number): readonly Part[] {
  const changes = fixed.diff
    .filter((line) => !line.startsWith('@@'))
    .filter((line, index, lines) => line.startsWith('+') || lines[index + 1]?.startsWith('+') !== true)
    .map((line) => (line.startsWith('+') ? line.slice(2) : `without: ${line.slice(2)}`));
  const lines = changes.flatMap(
    (change, index) => makePart(3, index === 0 ? 'Fix' : ' ', change, width, { tone: 'good' }).lines,
  );
  const whole = makePart(6, 'Fixed', fixed.file, width, { tone: 'good', most: 1 });
  // Half a change is none: the file has all of it.
  return lines.length > MOST_OF_FIX
    ? [{ ...whole, rank: 3 }]
    : [{ rank: 3, least: lines.length, lines }, whole];
}

/** Lines of a fix. */
const MOST_OF_FIX = 4;

/** What preflight found, where the drills passed all the same: else the fix says it. */
function findingParts({ findings, outcome }: Arm, width: number): readonly Part[] {
  if (findings.length === 0) return [];
  const said = findings.map(({ severity, rule }) => `${severity} ${rule}`).join(', ');
  return [makePart(outcome === 'passed' ? 4 : 8, 'Found', `${said} (by preflight)`, width, { most: 2 })];
}

function nextParts({ given, folder }: Rehearsal, width: number, report: string | null): readonly Part[] {
  const shown = given.drills.find(({ outcome }) => outcome === given.outcome) ?? given.drills[0];
  const drill = shown?.journal?.replace(/[\\/]journal\.jsonl$/, '').replace(/^\.gameday[\\/]/, '') ?? null;
  return [
    ...(drill === null
      ? []
      : [makePart(1, 'Next', `gameday drills show ${drill}`, width, { tone: 'loud', least: 2 })]),
    makePart(5, 'More', report ?? folder, width, { most: 2, least: 2 }),
  ];
}
