import { percent } from '../forecast/notes.ts';
import {
  COLOR,
  drawGridLine,
  drawVertical,
  EDGE,
  HEIGHT,
  openDrawing,
  roundToTenth,
  WIDTH,
} from '../report/drawing.ts';
import { formatInstant } from '../report/text.ts';
import { instantOf } from './document.ts';
import type { LossesDocument } from './document.ts';

const DAY = 86_400_000;
/** Names of more deployments than these would hide one another. */
const MOST_NAMES = 8;

/** The days as an SVG document: the rate of each with its interval, spikes, deployments, and the instant of a change. */
export function lossesSvg({
  days,
  period,
  spikes,
  deployments,
  change,
  limit,
  ...losses
}: LossesDocument): string {
  const most = Math.min(
    1,
    Math.max(0.001, ...days.map(({ rate }) => rate.high), (limit?.allowed ?? 0) * 1.2),
  );
  const [from, to] = [Math.min(period.from, ...days.map(({ at }) => at)), period.to];
  const x = (at: number): string =>
    roundToTenth(EDGE.left + ((at - from) / Math.max(1, to - from)) * (WIDTH - EDGE.left - EDGE.right));
  const y = (rate: number): string =>
    roundToTenth(HEIGHT - EDGE.bottom - (Math.min(rate, most) / most) * (HEIGHT - EDGE.top - EDGE.bottom));
  const where =
    losses.pipelines === null
      ? losses.organization
      : losses.pipelines.map((pipeline) => `${losses.organization}/${pipeline}`).join(', ');
  return [
    ...openDrawing(`Job runs lost with their agents, by day: ${where}`),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => drawGridLine(y(part * most), percent(part * most))),
    ...[0, 0.25, 0.5, 0.75, 1].map((part) => {
      const at = from + part * (to - from);
      return `<text x="${x(at)}" y="${HEIGHT - EDGE.bottom + 18}" text-anchor="middle">${formatInstant(at).slice(0, 10)}</text>`;
    }),
    ...(deployments ?? []).flatMap((deployment, index) => {
      const at = instantOf(deployment);
      const name = index < MOST_NAMES ? 'deployment' : '';
      return at < from || at > to ? [] : drawVertical(x(at), name, COLOR.green, (index % 3) * 12);
    }),
    ...(change === null
      ? []
      : drawVertical(x(change.at), change.kind === 'guess' ? 'change (a guess)' : 'change', COLOR.quiet, 0)),
    ...(limit === null
      ? []
      : [
          `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(limit.allowed)}" y2="${y(limit.allowed)}" stroke="${COLOR.red}" stroke-dasharray="6 4"/>`,
        ]),
    ...days.flatMap(({ at: midnight, rate }) => {
      // A day is drawn at its middle.
      const at = x(Math.min(to, midnight + DAY / 2));
      return [
        `<line x1="${at}" x2="${at}" y1="${y(rate.low)}" y2="${y(rate.high)}" stroke="${COLOR.pale}" stroke-width="3"/>`,
        `<circle cx="${at}" cy="${y(rate.share ?? 0)}" r="3" fill="${COLOR.blue}"/>`,
      ];
    }),
    ...spikes.map(({ from: at, lost }) => {
      const [left, top] = [Number(x(at)), EDGE.top];
      return `<path d="M${left - 5} ${top} h10 l-5 8 z" fill="${COLOR.red}"><title>${lost} lost</title></path>`;
    }),
    '</svg>',
    '',
  ].join('\n');
}
