import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import type { LaneMark } from '../model/lane.ts';
import type { DrillResult } from '../verdict/result.ts';
import { createDocumentReporter } from './one-document.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { COLOR, cutText, escapeXml, openSvg, roundToTenth } from './drawing.ts';
import { CLOCK, layOutTimeLine, LETTER, makeLabel, TIME_LINE_WIDTH } from './time-line.ts';
import type { Bar, Glyph, Label, Rule } from './time-line.ts';

const LEFT = 8;
const SIZE = 11;

/** The time line of each drill, in one picture. */
export function createSvgReporter(screen: Screen): Reporter {
  return createDocumentReporter(screen, {
    take: (result) => result,
    write: (results) => timeLineSvg(results),
  });
}

/** Drills' time lines as one SVG document, one below the other. */
export function timeLineSvg(results: readonly DrillResult[], isInPage = false): string {
  let top = 0;
  const drawn: string[] = [];
  for (const result of results) {
    const { height, parts } = drawOne(result, top);
    drawn.push(...parts);
    top = height + 16;
  }
  const title = results.map(headOf).join('; ');
  const description = results.map((result) => `${sayWhatToSee(result)} ${result.said}`).join(' ');
  const size = { width: TIME_LINE_WIDTH, height: Math.ceil(Math.max(40, top)) };
  return [...openSvg({ ...size, title, description }, isInPage), ...drawn, '</svg>', ''].join('\n');
}

/** The labels of one drill's picture: title, what to see, marks, and what everything stands for. */
export function labelsOf(result: DrillResult, top = 0): readonly Label[] {
  const { labels, legend } = arrange(result, top);
  return [...labels, ...legend.labels];
}

function arrange(result: DrillResult, top: number) {
  const room = TIME_LINE_WIDTH - 2 * LEFT;
  const head = [
    makeLabel(LEFT, top + 22, cutText(headOf(result), 15, room), 'loud', 15),
    makeLabel(LEFT, top + 42, cutText(sayWhatToSee(result), 12, room), 'plain', 12),
  ];
  const line = layOutTimeLine(result, top + 54);
  const legend = layOutLegend(result, line.height + 14);
  return { line, labels: [...head, ...line.labels], legend };
}

function drawOne(
  result: DrillResult,
  top: number,
): { readonly height: number; readonly parts: readonly string[] } {
  const { line, labels, legend } = arrange(result, top);
  const parts = [
    ...line.rules.map(drawRule),
    ...[...line.bars, ...legend.bars].map(drawBar),
    ...line.glyphs.map(drawLeader),
    ...[...line.glyphs, ...legend.glyphs].map(drawGlyph),
    ...[...labels, ...legend.labels].map(drawLabel),
  ];
  return { height: legend.height, parts };
}

function headOf({ title, outcome, reason, label, exitCode }: DrillResult): string {
  const verdict = `${outcome.toUpperCase()}${reason === outcome ? '' : `: ${reason}`} (exit code ${String(exitCode)})`;
  return escapeControls(`${verdict}  ${title}${label === null ? '' : ` [${label}]`}`);
}

/** The one thing that a reader should find in the picture. */
export function sayWhatToSee({ lanes, deadlines, injection }: DrillResult): string {
  const find = (sign: LaneMark['sign']) =>
    lanes.flatMap(({ marks }) => marks).find((one) => one.sign === sign);
  const silent = lanes.flatMap(({ of, spans }) =>
    of === 'job' ? spans.filter(({ how }) => how === 'silent') : [],
  )[0];
  const [signal, kill, ended] = [find('signal'), find('kill'), find('passed') ?? find('failed')];
  const deadline = deadlines.find(({ of }) => of === 'stop-timeout');
  if (silent?.to != null && silent.from !== null) {
    const died =
      kill !== undefined && signal !== undefined
        ? `SIGKILL came ${formatSpan(kill.at - signal.at)} after SIGTERM. `
        : '';
    return `${died}For ${formatSpan(silent.to - silent.from)} more Buildkite showed a job that no longer ran.`;
  }
  if (signal !== undefined && ended !== undefined && ended.at >= signal.at) {
    const left =
      deadline === undefined || deadline.at < ended.at
        ? ''
        : `, ${formatSpan(deadline.at - ended.at)} before SIGKILL would have come`;
    return `After SIGTERM the job went on for ${formatSpan(ended.at - signal.at)} and ${ended.sign}${left}.${sayFirstGone(lanes, ended.at)}`;
  }
  if (lanes.length === 0) return 'There is no time line: nothing was seen to happen.';
  return injection === 'none' ? 'Nothing was stopped.' : 'Each lane shows one of those that took part.';
}

/** A container that was gone while the job still ran. */
function sayFirstGone(lanes: DrillResult['lanes'], end: number): string {
  const gone = lanes
    .filter(({ of }) => of === 'container')
    .flatMap(({ name, marks }) =>
      marks
        .filter(({ sign, at }) => (sign === 'exit' || sign === 'kill') && at < end)
        .map(({ at }) => ({ name, at })),
    )[0];
  return gone === undefined
    ? ''
    : ` Container ${escapeControls(gone.name)} had ended ${formatSpan(end - gone.at)} before it.`;
}

const STROKE: Readonly<Record<Rule['of'], string>> = {
  tick: `stroke="${COLOR.faint}"`,
  signal: `stroke="${COLOR.brown}" stroke-dasharray="2 3"`,
  deadline: `stroke="${COLOR.red}" stroke-dasharray="7 4"`,
  lost: `stroke="${COLOR.red}"`,
};

function drawRule({ x, y1, y2, of }: Rule): string {
  const at = roundToTenth(x);
  return `<path d="M${at} ${roundToTenth(y1)}V${roundToTenth(y2)}" ${STROKE[of]}/>`;
}

/** Told apart by their shape as well: whole, low, and only an outline. */
function drawBar({ x1, x2, y, how }: Bar): string {
  const width = roundToTenth(Math.max(1, x2 - x1));
  const [height, look] = {
    running: [14, `fill="${COLOR.pale}"`] as const,
    stopping: [8, `fill="${COLOR.blue}"`] as const,
    silent: [10, `fill="none" stroke="${COLOR.red}" stroke-dasharray="3 2"`] as const,
  }[how];
  return `<rect x="${roundToTenth(x1)}" y="${roundToTenth(y - height / 2)}" width="${width}" height="${height}" ${look}/>`;
}

function drawLeader({ x, y, leader }: Glyph): string {
  if (leader === null) return '';
  return `<path d="M${roundToTenth(x)} ${roundToTenth(leader)}V${roundToTenth(y)}" stroke="${COLOR.quiet}" stroke-width=".6"/>`;
}

const RED: ReadonlySet<LaneMark['sign']> = new Set(['kill', 'lost', 'failed']);
const GREEN: ReadonlySet<LaneMark['sign']> = new Set(['passed', 'left']);

function colorOf(sign: LaneMark['sign']): string {
  if (RED.has(sign)) return COLOR.red;
  if (GREEN.has(sign)) return COLOR.green;
  return sign === 'signal' ? COLOR.brown : COLOR.blue;
}

/** The letter says what happened, the shape whose clock it is by; in the legend it has none. */
function drawGlyph({ x, y, mark, leader, title }: Glyph): string {
  const at = `transform="translate(${roundToTenth(x)} ${roundToTenth(y)})"`;
  const letter =
    leader === null
      ? ''
      : `<text y="3.5" font-size="10" font-weight="bold" text-anchor="middle" fill="${COLOR.letter}">${LETTER[mark.sign]}</text>`;
  return `<g ${at}><title>${escapeXml(title)}</title><path d="${SHAPE[mark.clock]}" fill="${colorOf(mark.sign)}" stroke="${COLOR.paper}"/>${letter}</g>`;
}

const SHAPE: Readonly<Record<LaneMark['clock'], string>> = {
  buildkite: 'M-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0z',
  ecs: 'M-7-7H7V7H-7z',
  runner: 'M0-9L9 0L0 9L-9 0z',
  agent: 'M0-9L9 7H-9z',
  instance: 'M-4-8H4L8 0L4 8H-4L-8 0z',
};

const LOOK: Readonly<Record<Label['tone'], string>> = {
  loud: 'font-weight="bold"',
  plain: '',
  quiet: `fill="${COLOR.quiet}"`,
  bad: `fill="${COLOR.red}"`,
};

/** A rim of paper around the letters keeps them readable where a line passes behind them. */
function drawLabel({ x, y, size, text, tone }: Label): string {
  const rim = `stroke="${COLOR.paper}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`;
  const look = LOOK[tone] === '' ? '' : ` ${LOOK[tone]}`;
  return `<text x="${roundToTenth(x)}" y="${roundToTenth(y)}" font-size="${size}"${look} ${rim}>${escapeXml(text)}</text>`;
}

interface Legend {
  readonly height: number;
  readonly labels: readonly Label[];
  readonly bars: readonly Bar[];
  readonly glyphs: readonly Glyph[];
}

const BARS = [
  ['running', 'running'],
  ['stopping', 'after SIGTERM'],
  ['silent', 'its container is gone, Buildkite does not know it'],
] as const;

/** Which bars there are, and which shape is whose clock. */
function layOutLegend({ lanes }: DrillResult, top: number): Legend {
  const hows = new Set(lanes.flatMap(({ spans }) => spans.map(({ how }) => how)));
  const clocks = new Set(lanes.flatMap(({ marks }) => marks.map(({ clock }) => clock)));
  const entries = [
    ...BARS.filter(([how]) => hows.has(how)).map(([how, text]) => ({ how, clock: null, text })),
    ...Object.entries(CLOCK)
      .map(([clock, whose]) => ({ how: null, clock: clock as LaneMark['clock'], text: `by ${whose} clock` }))
      .filter(({ clock }) => clocks.has(clock)),
  ];
  const legend = { labels: [] as Label[], bars: [] as Bar[], glyphs: [] as Glyph[] };
  let [x, y] = [LEFT, top];
  for (const { how, clock, text } of entries) {
    const label = makeLabel(x + 30, y + 4, text, 'quiet', SIZE);
    const next = label.x + label.width + 18;
    const isOver = next > TIME_LINE_WIDTH && x > LEFT;
    if (isOver) [x, y] = [LEFT, y + 20];
    const placed = isOver ? makeLabel(x + 30, y + 4, text, 'quiet', SIZE) : label;
    legend.labels.push(placed);
    if (how !== null) legend.bars.push({ x1: x, x2: x + 24, y, how });
    if (clock !== null)
      legend.glyphs.push({ x: x + 12, y, mark: { sign: 'exit', clock }, leader: null, title: text });
    x = placed.x + placed.width + 18;
  }
  return { ...legend, height: entries.length === 0 ? top : y + 14 };
}
