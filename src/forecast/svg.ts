import type { Forecast } from './document.ts';
import { percent } from './notes.ts';
import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';

const WIDTH = 720;
const HEIGHT = 400;
const EDGE = { left: 64, right: 24, top: 48, bottom: 48 } as const;

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
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${EDGE.left}" y="20" font-size="14">${escapeXml(`Jobs in flight lost at a stop, over the drain window: ${title}`)}</text>`,
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

function drawGridLine(y: string, label: string): readonly string[] {
  return [
    `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y}" y2="${y}" stroke="#ddd"/>`,
    `<text x="${EDGE.left - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${escapeXml(label)}</text>`,
  ];
}

function drawVertical(x: string, label: string, color: string, down: number): readonly string[] {
  return [
    `<line x1="${x}" x2="${x}" y1="${EDGE.top}" y2="${HEIGHT - EDGE.bottom}" stroke="${color}" stroke-dasharray="4 3"/>`,
    `<text x="${x}" y="${EDGE.top - 6 + down}" dx="4" fill="${color}">${escapeXml(label)}</text>`,
  ];
}

function roundToTenth(value: number): string {
  return value.toFixed(1);
}

/** Characters that XML 1.0 forbids beside the controls: half a surrogate pair, U+FFFE and U+FFFF (Char, section 2.2). */
const NO_XML = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Foreign text as XML text, without markup and control characters. */
function escapeXml(value: string): string {
  return escapeControls(value)
    .replace(NO_XML, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
