import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import type { Lane, LaneMark } from '../model/lane.ts';
import type { DrillResult } from '../verdict/result.ts';
import { cutText, formatTick, listTimeTicks, measureText } from './drawing.ts';

/** Where everything of a time line stands: whoever draws it decides nothing more. */
export interface TimeLine {
  readonly height: number;
  readonly labels: readonly Label[];
  readonly bars: readonly Bar[];
  readonly glyphs: readonly Glyph[];
  readonly rules: readonly Rule[];
}

export interface Label {
  readonly x: number;
  /** Of its baseline. */
  readonly y: number;
  readonly width: number;
  readonly size: number;
  readonly text: string;
  readonly tone: 'loud' | 'plain' | 'quiet' | 'bad';
}

export interface Bar {
  readonly x1: number;
  readonly x2: number;
  /** Of its middle. */
  readonly y: number;
  readonly how: Lane['spans'][number]['how'];
}

export interface Glyph {
  readonly x: number;
  readonly y: number;
  readonly mark: Pick<LaneMark, 'sign' | 'clock'>;
  /** From here down to the glyph a thin line joins it to its label; null without one. */
  readonly leader: number | null;
  /** All that is known of it. */
  readonly title: string;
}

export interface Rule {
  readonly x: number;
  readonly y1: number;
  readonly y2: number;
  readonly of: 'tick' | 'signal' | 'deadline' | 'lost';
}

export const TIME_LINE_WIDTH = 760;
const LEFT = 168;
const RIGHT = TIME_LINE_WIDTH - 20;
const SIZE = 11;
const SMALL = 9;
const ROW = 15;
const BAR = 16;
const GAP = 10;
/** The longest label of a mark. */
const MOST = 300;
/** The end is enlarged where it takes less than this share of the whole. */
const SHORT = 0.06;

/** Places the lanes of a drill, its deadlines and, where the end is short against the whole, the end once more. */
export function layOutTimeLine({ lanes, deadlines }: DrillResult, top: number): TimeLine {
  const instants = [
    ...lanes.flatMap(({ spans, marks }) => [
      ...spans.flatMap(({ from, to }) => [from ?? 0, to ?? 0]),
      ...marks.map(({ at }) => at),
    ]),
  ];
  const last = Math.max(0, ...instants);
  if (lanes.length === 0) return { height: top, labels: [], bars: [], glyphs: [], rules: [] };
  // What lies far beyond the end would press everything else together: it is told in words.
  const near = deadlines.filter(({ at }) => at <= last * 1.7);
  const to = Math.max(1, last, ...near.map(({ at }) => at)) * 1.02;
  const far = deadlines.filter((one) => !near.includes(one));
  const verticals = [
    ...pickMark(lanes, 'signal').map(({ at }) => ({ at, of: 'signal' as const, said: 'SIGTERM' })),
    ...near.map(({ at, said }) => ({ at, of: 'deadline' as const, said })),
    ...pickMark(lanes, 'lost').map(({ at }) => ({ at, of: 'lost' as const, said: 'given up as lost' })),
  ];
  const whole = layOutPanel({ lanes, verticals, from: 0, to, zero: 0 }, top + far.length * ROW);
  const notes = far.map(({ at, said }, index) =>
    makeLabel(LEFT, top + index * ROW + SIZE, `${said} at +${formatSpan(at)}, beyond the end →`, 'quiet'),
  );
  const end = findShortEnd(lanes, to);
  const parts = [whole, ...(end === null ? [] : [enlargeEnd(lanes, end, whole.height + 2 * ROW)])];
  return {
    height: parts.at(-1)?.height ?? top,
    labels: [...notes, ...parts.flatMap(({ labels }) => labels)],
    bars: parts.flatMap(({ bars }) => bars),
    glyphs: parts.flatMap(({ glyphs }) => glyphs),
    rules: parts.flatMap(({ rules }) => rules),
  };
}

/** The first mark of a kind. */
function pickMark(lanes: readonly Lane[], sign: LaneMark['sign']): readonly LaneMark[] {
  return lanes
    .flatMap(({ marks }) => marks.filter((mark) => mark.sign === sign))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, 1);
}

interface End {
  readonly from: number;
  readonly to: number;
}

/** The instants at the end that lie too near to each other to be told apart in the whole; null where they do not. */
function findShortEnd(lanes: readonly Lane[], whole: number): End | null {
  const instants = lanes.flatMap(({ marks }) => marks.map(({ at }) => at)).toSorted((a, b) => b - a);
  const [to] = instants;
  if (to === undefined) return null;
  const from = instants.findLast((at) => to - at < whole * SHORT) ?? to;
  return from === to ? null : { from, to };
}

function enlargeEnd(lanes: readonly Lane[], { from, to }: End, top: number): TimeLine {
  const pad = (to - from) * 0.12;
  const shown = lanes
    .map((lane) => ({ ...lane, marks: lane.marks.filter(({ at }) => at >= from && at <= to) }))
    .filter(({ marks }) => marks.length > 0);
  const title = `The end, enlarged: ${formatSpan(to - from)} from +${formatSpan(from)} on`;
  const panel = layOutPanel(
    { lanes: shown, verticals: [], from: from - pad, to: to + pad, zero: from },
    top + ROW,
  );
  return { ...panel, labels: [makeLabel(LEFT, top, title, 'loud'), ...panel.labels] };
}

interface View extends End {
  readonly lanes: readonly Lane[];
  readonly verticals: readonly { readonly at: number; readonly of: Rule['of']; readonly said: string }[];
  /** Where times are counted from. */
  readonly zero: number;
}

function layOutPanel({ lanes, verticals, from, to, zero }: View, top: number): TimeLine {
  const x = (at: number): number =>
    LEFT + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (RIGHT - LEFT);
  const head = placeLabels(
    verticals.map(({ at, said, of }) => ({
      x: x(at),
      text: `${said} +${formatSpan(at - zero)}`,
      tone: of === 'signal' ? 'plain' : 'bad',
    })),
  );
  const floor = top + head.rows * ROW;
  const labels = head.labels.map((label) => ({ ...label, y: floor - 4 - label.y }));
  const bars: Bar[] = [];
  const glyphs: Glyph[] = [];
  let y = floor + 4;
  for (const lane of lanes) {
    const marks = placeLabels(lane.marks.map((mark) => ({ x: x(mark.at), ...sayMark(mark, zero) })));
    const middle = y + marks.rows * ROW + BAR / 2;
    labels.push(...nameLane(lane, middle));
    labels.push(...marks.labels.map((label) => ({ ...label, y: middle - BAR / 2 - 4 - label.y })));
    for (const { how, from: start, to: end } of lane.spans)
      if ((end ?? to) > from && (start ?? from) < to)
        bars.push({ x1: x(start ?? from), x2: x(end ?? to), y: middle, how });
    for (const [index, mark] of lane.marks.entries())
      glyphs.push({
        ...{ x: x(mark.at), y: middle, mark },
        leader: middle - BAR / 2 - 3 - (marks.labels[index]?.y ?? 0),
        title: `${nameOf(lane)}: ${escapeControls(mark.said)}${sayClock(mark)}, +${formatSpan(mark.at)}`,
      });
    y = middle + BAR / 2 + GAP;
  }
  const shift = Math.max(0, from - zero);
  const ticks = listTimeTicks(to - zero)
    .filter((ms) => ms >= shift)
    .map((ms) => ({ at: x(zero + ms), text: formatTick(ms) }));
  const rules: Rule[] = [
    ...ticks.map(({ at }) => ({ x: at, y1: floor, y2: y, of: 'tick' as const })),
    ...verticals.map(({ at, of }, index) => ({
      ...{ x: x(at), y2: y, of },
      y1: floor - 3 - (head.labels[index]?.y ?? 0),
    })),
  ];
  const axis = labelTicks(ticks, y + 12);
  return { height: y + 18, labels: [...labels, ...axis], bars, glyphs, rules };
}

/** Each tick's time below it. The last is kept inside the picture; where it would then meet the one before, it has none. */
function labelTicks(
  ticks: readonly { readonly at: number; readonly text: string }[],
  y: number,
): readonly Label[] {
  const labels: Label[] = [];
  for (const { at, text } of ticks) {
    const width = measureText(text, SIZE);
    const x = Math.min(at - width / 2, RIGHT + 16 - width);
    const before = labels.at(-1);
    if (before === undefined || x > before.x + before.width + 6) labels.push(makeLabel(x, y, text, 'quiet'));
  }
  return labels;
}

/** An agent's and a task's names are long and say little: they stand below, smaller. */
function nameLane(lane: Lane, middle: number): readonly Label[] {
  const isLong = lane.of === 'agent' || lane.of === 'task';
  const name = cutText(isLong ? lane.of : nameOf(lane), SIZE, LEFT - 16);
  const below = cutText(escapeControls(lane.name), SMALL, LEFT - 16);
  return [
    makeLabel(8, middle + 4, name, 'loud'),
    ...(isLong ? [makeLabel(8, middle + 16, below, 'quiet', SMALL)] : []),
  ];
}

function nameOf({ of, name }: Lane): string {
  return escapeControls(of === 'gameday' || of === 'job' ? name : `${of} ${name}`);
}

/** `X SIGKILL, exit 137 +42.0 s`; `by` where it may have come before. */
function sayMark(mark: LaneMark, zero: number): { readonly text: string; readonly tone: Label['tone'] } {
  const at = `${mark.atLatest ? 'by ' : ''}+${formatSpan(mark.at - zero)}`;
  const room = MOST - measureText(` ${at}`, SIZE);
  const text = cutText(`${LETTER[mark.sign]} ${escapeControls(mark.said)}`, SIZE, room);
  return { text: `${text} ${at}`, tone: BAD.has(mark.sign) ? 'bad' : 'plain' };
}

const BAD: ReadonlySet<LaneMark['sign']> = new Set(['kill', 'lost', 'failed']);

/** What stands in a mark and before its label. */
export const LETTER: Readonly<Record<LaneMark['sign'], string>> = {
  ...{ call: 'G', start: 'B', signal: 'S', kill: 'X', exit: 'E' },
  ...{ lost: 'L', left: 'D', passed: 'P', failed: 'F', stopped: 'T' },
};

/** Whose clock a mark is by, as readers are told. */
export const CLOCK: Readonly<Record<LaneMark['clock'], string>> = {
  ...{ runner: "gameday's", buildkite: "Buildkite's", ecs: "ECS's" },
  ...{ instance: "the instance's", agent: "the agent's" },
};

function sayClock({ clock, atLatest }: LaneMark): string {
  return ` (by ${CLOCK[clock]} clock${atLatest ? ', at the latest' : ''})`;
}

interface Wanted extends Pick<Label, 'text' | 'tone'> {
  /** What it names. */
  readonly x: number;
}

/** Labels in rows, from below; each stands above what it names, in the lowest row that has room. `y` is the height above the lowest. */
function placeLabels(wanted: readonly Wanted[]): {
  readonly rows: number;
  readonly labels: readonly Label[];
} {
  const taken: (readonly [number, number])[][] = [];
  const labels = wanted.map(({ x, text, tone }) => {
    const width = measureText(text, SIZE);
    const start = Math.max(LEFT, Math.min(x - 4, RIGHT + 16 - width));
    let row = 0;
    while (taken[row]?.some(([from, to]) => start < to + 6 && from < start + width + 6) === true) row += 1;
    taken[row] = [...(taken[row] ?? []), [start, start + width]];
    return { x: start, y: row * ROW, width, size: SIZE, text, tone };
  });
  return { rows: taken.length, labels };
}

export function makeLabel(x: number, y: number, text: string, tone: Label['tone'], size = SIZE): Label {
  return { x, y, width: measureText(text, size), size, text, tone };
}
