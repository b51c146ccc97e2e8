import type { Forecast } from './document.ts';
import { percent } from './notes.ts';
import { lossAt } from './plot.ts';
import { formatSpan } from '../model/instants.ts';
import {
  COLOR,
  cutText,
  drawGridLine,
  drawVertical,
  EDGE,
  escapeXml,
  formatTick,
  HEIGHT,
  listRoundTicks,
  listTimeTicks,
  openDrawing,
  roundToTenth,
  WIDTH,
} from '../report/drawing.ts';

const ROW = 18;

/** A worker at one window: what a stop costs there. */
interface Point {
  readonly ms: number;
  readonly loss: number;
  readonly said: string;
}

/** The plot as an SVG document: the curve with its intervals, the worker as it is and as it could be, and the platform's ceiling. */
export function forecastSvg(forecast: Forecast): string {
  const { curve, timeouts, window, source } = forecast;
  const end = Math.max(1, curve.at(-1)?.[0] ?? 1);
  const bounds = timeouts.map(({ interval }) => interval?.[1] ?? 0);
  const losses = listRoundTicks(Math.max(0.001, ...curve.map(([, loss]) => loss), ...bounds));
  const most = losses.at(-1) ?? 1;
  const x = (ms: number): string => roundToTenth(EDGE.left + (ms / end) * (WIDTH - EDGE.left - EDGE.right));
  const y = (loss: number): string =>
    roundToTenth(HEIGHT - EDGE.bottom - (loss / most) * (HEIGHT - EDGE.top - EDGE.bottom));
  const points = listPoints(forecast);
  const title = `Jobs lost at a stop: ${source.kind === 'stated' ? source.name : `${source.jobs} jobs of ${source.name}`}`;
  const floor = HEIGHT - EDGE.bottom;
  const rows = [
    ...points.map(({ said }) => said),
    'bars: 95 % intervals; the curve: a worker that hears its stop',
  ];
  return [
    ...openDrawing(title, HEIGHT + rows.length * ROW, sayWhatToSee(forecast)),
    ...losses.flatMap((loss) => drawGridLine(y(loss), percent(loss))),
    ...listTimeTicks(end).map(
      (ms) => `<text x="${x(ms)}" y="${floor + 18}" text-anchor="middle">${formatTick(ms)}</text>`,
    ),
    `<text x="${(EDGE.left + WIDTH - EDGE.right) / 2}" y="${floor + 40}" text-anchor="middle" fill="${COLOR.quiet}">time from SIGTERM to SIGKILL (stopTimeout)</text>`,
    `<text transform="translate(18 ${(EDGE.top + floor) / 2}) rotate(-90)" text-anchor="middle" fill="${COLOR.quiet}">of jobs in flight, lost</text>`,
    ...(window.ceiling === null
      ? []
      : drawVertical(
          x(window.ceiling),
          `${sayCeiling(forecast)} ${formatTick(window.ceiling)}`,
          COLOR.quiet,
          0,
        )),
    ...timeouts.flatMap(({ stopTimeout, interval }) => {
      if (interval === null) return [];
      const at = x(stopTimeout);
      return [
        `<line x1="${at}" x2="${at}" y1="${y(interval[0])}" y2="${y(interval[1])}" stroke="${COLOR.pale}" stroke-width="6"/>`,
      ];
    }),
    `<polyline points="${curve.map(([ms, loss]) => `${x(ms)},${y(loss)}`).join(' ')}" fill="none" stroke="${COLOR.blue}" stroke-width="2"/>`,
    ...points.map(({ ms, loss }, index) => drawPoint(x(ms), y(loss), index)),
    ...rows.flatMap((said, index) => {
      const at = HEIGHT - 14 + index * ROW;
      return [
        ...(index < points.length ? [drawPoint('24', String(at - 4), index)] : []),
        `<text x="40" y="${at}">${escapeXml(cutText(said, 12, WIDTH - 56))}</text>`,
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** The worker as it is; the same one if it heard its stop; and with as much time as its platform gives. */
function listPoints({ curve, window, loss }: Forecast): readonly Point[] {
  const { drain, granted, ceiling, signal } = window;
  const fixed = signal === 'heard' ? 'after' : 'after, if it hears its stop';
  const tell = (ms: number, said: string): Point => {
    const at = lossAt(curve, ms);
    return { ms, loss: at, said: `${said}: ${percent(at)} lost` };
  };
  return [
    { ms: drain, loss, said: `now, ${sayWindow(window)}: ${percent(loss)} lost` },
    ...(granted === drain ? [] : [tell(granted, `${fixed}, with ${formatSpan(granted)}`)]),
    ...(ceiling === null || ceiling === granted
      ? []
      : [tell(ceiling, `${fixed}, with stopTimeout ${formatSpan(ceiling)}`)]),
  ];
}

function sayWindow({ drain, signal, granted }: Forecast['window']): string {
  if (signal === 'fatal')
    return `its signal ends the job at once, whatever stopTimeout is (${formatSpan(granted)})`;
  return `${formatSpan(drain)} to drain${signal === 'eaten' ? ', the signal eaten' : ''}`;
}

function sayCeiling({ window }: Forecast): string {
  return window.launchType === 'FARGATE' ? "Fargate's ceiling" : 'ceiling';
}

function sayWhatToSee(forecast: Forecast): string {
  const [now, ...after] = listPoints(forecast);
  const best = after.at(-1);
  const is = `A stop now loses ${percent(now?.loss ?? 0)} of the jobs in flight`;
  return best === undefined
    ? `${is}.`
    : `${is}; ${best.said.replace(/: .*$/, '')} it loses ${percent(best.loss)}.`;
}

/** Numbered, so that it is found in the legend without its colour. */
function drawPoint(x: string, y: string, index: number): string {
  const color = index === 0 ? COLOR.red : COLOR.green;
  return `<g transform="translate(${x} ${y})"><circle r="8" fill="${color}" stroke="${COLOR.paper}"/><text y="4" font-size="11" font-weight="bold" text-anchor="middle" fill="${COLOR.letter}">${index + 1}</text></g>`;
}
