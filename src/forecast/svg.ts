import type { Forecast } from './document.ts';
import { percent } from './notes.ts';
import { formatSpan } from '../model/instants.ts';
import {
  drawGridLine,
  drawVertical,
  EDGE,
  HEIGHT,
  openDrawing,
  roundToTenth,
  WIDTH,
} from '../report/drawing.ts';

/** The plot as an SVG document: the curve, the intervals of the table's windows, the present window and the ceiling. */
export function forecastSvg(forecast: Forecast): string {
  const { curve, timeouts, window, source } = forecast;
  const end = Math.max(1, curve.at(-1)?.[0] ?? 1);
  const bounds = timeouts.map(({ interval }) => interval?.[1] ?? 0);
  const most = Math.max(0.001, ...curve.map(([, loss]) => loss), ...bounds);
  const x = (ms: number): string => roundToTenth(EDGE.left + (ms / end) * (WIDTH - EDGE.left - EDGE.right));
  const y = (loss: number): string =>
    roundToTenth(HEIGHT - EDGE.bottom - (loss / most) * (HEIGHT - EDGE.top - EDGE.bottom));
  const line = curve.map(([ms, loss]) => `${x(ms)},${y(loss)}`).join(' ');
  const marks = [
    ...drawVertical(x(window.drain), `now ${formatSpan(window.drain)}`, '#b00020', 0),
    ...(window.ceiling === null || window.ceiling === window.drain
      ? []
      : drawVertical(x(window.ceiling), `ceiling ${formatSpan(window.ceiling)}`, '#555', 14)),
  ];
  const title = source.kind === 'stated' ? source.name : `${source.jobs} jobs of ${source.name}`;
  return [
    ...openDrawing(`Jobs in flight lost at a stop, over the drain window: ${title}`),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => drawGridLine(y(part * most), percent(part * most))),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (part) =>
        `<text x="${x(part * end)}" y="${HEIGHT - EDGE.bottom + 18}" text-anchor="middle">${formatSpan(part * end)}</text>`,
    ),
    ...timeouts.flatMap(({ stopTimeout, interval }) => {
      if (interval === null) return [];
      const at = x(stopTimeout);
      return [
        `<line x1="${at}" x2="${at}" y1="${y(interval[0])}" y2="${y(interval[1])}" stroke="#7aa6d8" stroke-width="6"/>`,
      ];
    }),
    `<polyline points="${line}" fill="none" stroke="#1a4f8a" stroke-width="2"/>`,
    ...marks,
    '</svg>',
    '',
  ].join('\n');
}
