import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import type { Lane, LaneMark } from '../model/lane.ts';
import type { DrillResult } from '../verdict/result.ts';
import { clip, pad, widthOf } from './width.ts';

/** A lane as it is drawn; times in milliseconds since the first moment of the timeline. */
interface Drawn {
  readonly name: string;
  /** Null where it ran before anything that is known. */
  readonly from: number | null;
  /** When it was told to stop; null where it was not. */
  readonly signal: number | null;
  /** When its container was gone, of which Buildkite did not know yet; null where that was never so. */
  readonly silent: number | null;
  /** Null where no end was seen. */
  readonly end: LaneMark | null;
}

/** A mark below the lanes, with a longer and a shorter text. */
interface Label {
  readonly at: number;
  readonly texts: readonly string[];
}

/** How a lane may end, the weightiest first. */
const ENDS: readonly { readonly sign: LaneMark['sign']; readonly letter: string; readonly word: string }[] = [
  { sign: 'lost', letter: 'L', word: 'lost' },
  { sign: 'kill', letter: 'X', word: 'kill' },
  { sign: 'passed', letter: 'E', word: 'end' },
  { sign: 'failed', letter: 'E', word: 'end' },
  { sign: 'exit', letter: 'E', word: 'end' },
];

/** Fewer columns show nothing. */
const NARROWEST_LANE = 12;
/** Below it, names are shortened, and how a lane ended is told by its letter alone. */
const NARROW = 60;
/** Columns of how a lane ended. */
const LONGEST_END = 22;

/**
 * The time line in characters: `=` runs, `-` was told to stop, `.` is gone and Buildkite does not know it yet; S the stop
 * signal, X a kill, L lost, E another end; below them the seconds since the stop. Empty where nothing was stopped and no
 * baseline was watched.
 */
export function drawLanes(result: DrillResult, width: number): readonly string[] {
  const isNarrow = width < NARROW;
  const lanes = chooseLanes(result, isNarrow);
  const stops = lanes.flatMap(({ signal }) => signal ?? []);
  if (lanes.length === 0 || (stops.length === 0 && !isWatched(result))) return [];
  const stop = stops.length === 0 ? null : Math.min(...stops);
  const told = lanes.map(({ end }) =>
    isNarrow ? '' : clip(escapeControls(end?.said ?? 'not seen to end'), LONGEST_END),
  );
  const names = Math.max(...lanes.map(({ name }) => widthOf(name))) + 2;
  const ends = Math.max(...told.map(widthOf));
  const room = width - names - (ends === 0 ? 0 : ends + 2);
  if (room < NARROWEST_LANE) return [];
  const scale = makeScale(lanes, stop, room);
  return [
    ...lanes.map((lane, index) =>
      `${pad(lane.name, names)}${pad(drawLane(lane, scale, room), room)}  ${told[index] ?? ''}`.trimEnd(),
    ),
    `${' '.repeat(names)}${placeLabels(labelsOf(lanes, stop, scale), scale.columnOf, room)}`.trimEnd(),
  ];
}

/** Drills without a stop whose job is worth a lane: a baseline, and a worker that was to be spared. */
function isWatched({ outcome, injection }: DrillResult): boolean {
  return outcome === 'baseline' || injection === 'proven';
}

/** The job that was lost, or else the one that was told to stop, and the agent's container, which is the first. */
function chooseLanes({ lanes }: DrillResult, isNarrow: boolean): readonly Drawn[] {
  const jobs = lanes.filter(({ of }) => of === 'job');
  const job =
    jobs.find(({ marks }) => marks.some(({ sign }) => sign === 'lost')) ??
    jobs.find(({ spans }) => spans.some(({ how }) => how === 'stopping')) ??
    jobs[0];
  const container = lanes.find(
    ({ of, spans }) => of === 'container' && spans.some(({ how }) => how === 'stopping'),
  );
  return [
    ...(job === undefined ? [] : [drawnOf(job, 'job')]),
    ...(container === undefined ? [] : [drawnOf(container, isNarrow ? 'cont' : 'container')]),
  ];
}

function drawnOf({ spans, marks }: Lane, name: string): Drawn {
  const beginOf = (how: Lane['spans'][number]['how']): number | null =>
    spans.find((span) => span.how === how)?.from ?? null;
  const ends = ENDS.flatMap(({ sign }) => marks.find((mark) => mark.sign === sign) ?? []);
  return {
    name,
    from: spans[0]?.from ?? null,
    signal: beginOf('stopping'),
    silent: beginOf('silent'),
    end: ends[0] ?? null,
  };
}

interface Scale {
  readonly from: number;
  /** The time that the labels count from. */
  readonly zero: number;
  readonly columnOf: (at: number) => number;
}

/** From the job's start, or, where it ran for long, from shortly before the stop, to the last end. */
function makeScale(lanes: readonly Drawn[], stop: number | null, room: number): Scale {
  const starts = lanes.flatMap(({ from }) => from ?? []);
  const ends = lanes.flatMap(({ end, silent }) => end?.at ?? silent ?? []);
  const last = Math.max(0, ...ends, ...starts, stop ?? 0);
  const first = Math.min(last, ...starts);
  const span = Math.max(1_000, last - (stop ?? last));
  const from = stop === null ? first : Math.max(starts.length === 0 ? -Infinity : first, stop - span / 2);
  const to = Math.max(last, from + 1);
  return {
    ...{ from, zero: stop ?? first },
    columnOf: (at) => Math.max(0, Math.min(room - 1, Math.round(((at - from) / (to - from)) * (room - 1)))),
  };
}

function drawLane({ from, signal, silent, end }: Drawn, scale: Scale, room: number): string {
  const begin = from === null ? 0 : scale.columnOf(from);
  const isCut = from === null || from < scale.from;
  const close = end === null ? room - 1 : scale.columnOf(end.at);
  const told = signal === null ? Infinity : scale.columnOf(signal);
  const gone = silent === null ? Infinity : scale.columnOf(silent);
  const letter = ENDS.find(({ sign }) => sign === end?.sign)?.letter ?? '>';
  return Array.from({ length: close + 1 }, (_, column) => {
    if (column === close) return letter;
    if (column < begin) return ' ';
    if (column === told) return 'S';
    if (column === begin && isCut) return '~';
    return column >= gone ? '.' : column >= told ? '-' : '=';
  }).join('');
}

/** The marks below the lanes, the weightiest first. */
function labelsOf(lanes: readonly Drawn[], stop: number | null, { zero, from }: Scale): readonly Label[] {
  const start = lanes.flatMap((lane) => lane.from ?? []).find((at) => at >= from);
  const ends = ENDS.flatMap(({ sign, word }) =>
    lanes.flatMap(({ end }) => (end?.sign === sign ? [{ at: end.at, word }] : [])),
  );
  return [
    ...(stop === null ? [] : [{ at: stop, texts: ['stop', 'S'] }]),
    ...ends.map(({ at, word }) => {
      const after = `${at < zero ? '' : '+'}${formatSpan(at - zero)}`;
      return { at, texts: [`${word} ${after}`, after] };
    }),
    ...(start === undefined || start === zero ? [] : [{ at: start, texts: [formatSpan(start - zero)] }]),
  ];
}

/** The labels in one line, each below its mark; one that would touch another is left out. */
function placeLabels(labels: readonly Label[], columnOf: Scale['columnOf'], room: number): string {
  const line: string[] = Array.from({ length: room }, () => ' ');
  for (const { at, texts } of labels) {
    for (const text of texts) {
      const begin = Math.max(0, Math.min(columnOf(at), room - text.length));
      const around = line.slice(Math.max(0, begin - 1), begin + text.length + 1);
      if (text.length > room || around.some((character) => character !== ' ')) continue;
      for (let index = 0; index < text.length; index += 1) line[begin + index] = text.charAt(index);
      break;
    }
  }
  return line.join('');
}
