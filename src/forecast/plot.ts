import type { Forecast } from './document.ts';
import { percent } from './notes.ts';
import { formatSpan } from '../model/instants.ts';

const HEIGHT = 10;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The loss in flight over the window, as columns of text; `|` marks the present window. */
export function plotLines({ curve, window }: Forecast, width: number): readonly string[] {
  const most = Math.max(...curve.map(([, loss]) => loss));
  const end = curve.at(-1)?.[0] ?? 0;
  if (most === 0 || end === 0) return ['No job in flight is lost, whatever the window.'];
  const left = 8;
  const columns = Math.max(10, width - left - 2);
  const now = Math.round((window.drain / end) * (columns - 1));
  const heights = Array.from({ length: columns }, (_, column) => {
    const ms = (end * column) / (columns - 1);
    return (lossAt(curve, ms) / most) * HEIGHT;
  });
  const rows = Array.from({ length: HEIGHT }, (_, index) => {
    const floor = HEIGHT - 1 - index;
    const label = index === 0 ? percent(most) : index === HEIGHT - 1 ? percent(most / HEIGHT) : '';
    const bars = heights.map((height, column) => drawCell(height - floor, column === now));
    return `${label.padStart(left)} ${bars.join('')}`.trimEnd();
  });
  const axis = `${' '.repeat(left)} 0${formatSpan(end).padStart(columns - 1)}`;
  return [`Lost in flight over the window (| is now: ${formatSpan(window.drain)})`, ...rows, axis];
}

function drawCell(above: number, isNow: boolean): string {
  const eighths = Math.max(0, Math.min(8, Math.round(above * 8)));
  return isNow && eighths < 8 ? '|' : (EIGHTHS[eighths] ?? ' ');
}

/** The value between two points of the curve. */
export function lossAt(curve: Forecast['curve'], ms: number): number {
  const next = curve.findIndex(([at]) => at >= ms);
  const [to, high] = curve[next] ?? curve.at(-1) ?? [0, 0];
  const [from, low] = curve[next - 1] ?? [to, high];
  return to === from ? high : low + ((high - low) * (ms - from)) / (to - from);
}
