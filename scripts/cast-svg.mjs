// A recording of a terminal as one SVG without a script: pictures one below the other, shown one after the other.

const CELL = { width: 7.8, height: 17 };
const MARGIN = 12;
/** Seconds: no picture is shown longer, however long the wait was; the last one is read. */
const LONGEST = 1.2;
const SHORTEST = 0.25;
const READ = 6;
const AT_THE_END = 12;
const MOST_PICTURES = 60;

const COLORS = {
  c1: '#ff7b72',
  c2: '#7ee787',
  c3: '#f2cc60',
  c4: '#79c0ff',
  c5: '#d2a8ff',
  c6: '#76e3ea',
  c7: '#e6edf3',
};

/** The SVG; rows that are the same are written once. Where a reader wants no motion, the last picture stands still. */
export function drawCast(all, { cols, rows }, command) {
  const frames = thin(all);
  const drawn = new Map();
  const width = Math.ceil(cols * CELL.width + 2 * MARGIN);
  const height = rows * CELL.height + 2 * MARGIN;
  const pictures = frames.map(({ rows: lines }, index) => {
    const uses = lines.flatMap((runs, row) => {
      const text = drawRow(runs);
      if (text === '') return [];
      if (!drawn.has(text)) drawn.set(text, `r${drawn.size.toString(36)}`);
      return [`<use href="#${drawn.get(text)}" y="${(row + 1) * CELL.height}"/>`];
    });
    return `<g transform="translate(0 ${index * height})">${uses.join('')}</g>`;
  });
  const times = frames.map(({ at, isRead }, index) => {
    const next = frames[index + 1]?.at;
    if (isRead && next !== undefined) return READ;
    return next === undefined ? AT_THE_END : Math.min(LONGEST, Math.max(SHORTEST, (next - at) / 1000));
  });
  const total = times.reduce((sum, time) => sum + time, 0);
  let since = 0;
  const steps = times.map((time, index) => {
    const step = `${((since / total) * 100).toFixed(2)}%{transform:translateY(-${index * height}px)}`;
    since += time;
    return step;
  });
  const last = frames.at(-1).rows.map((runs) =>
    runs
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
  const still = `translateY(-${(frames.length - 1) * height}px)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">
<title id="t">A recording of ${command}, with the waiting cut short and long output page by page</title>
<desc id="d">The last screen:
${escape(last.join('\n').trim())}
</desc>
<style>
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#c9d1d9;white-space:pre}
.b{font-weight:700}.d{opacity:.6}${Object.entries(COLORS)
    .map(([name, color]) => `.${name}{fill:${color}}`)
    .join('')}
#film{animation:film ${total.toFixed(1)}s step-end infinite}
@keyframes film{${steps.join('')}}
@media (prefers-reduced-motion:reduce){#film{animation:none;transform:${still}}}
@media print{#film{animation:none;transform:${still}}}
</style>
<defs>
${[...drawn].map(([text, id]) => `<text id="${id}" x="${MARGIN}" xml:space="preserve">${text}</text>`).join('\n')}
</defs>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<svg y="${MARGIN - 4}" width="${width}" height="${height - 2 * MARGIN + 8}"><g id="film">
${pictures.join('\n')}
</g></svg>
</svg>
`;
}

/** Evenly fewer pictures, the first and the last among them. */
function thin(frames) {
  if (frames.length <= MOST_PICTURES) return frames;
  const step = (frames.length - 1) / (MOST_PICTURES - 1);
  return Array.from({ length: MOST_PICTURES }, (_, index) => frames[Math.round(index * step)]);
}

/** Every run says where it begins, so that a font of another width keeps the columns. */
function drawRow(runs) {
  let column = 0;
  const drawn = runs.map(({ style, text }) => {
    const x = (MARGIN + column * CELL.width).toFixed(1).replace(/\.0$/, '');
    column += text.length;
    if (text.trim() === '') return '';
    const named = style === '' ? '' : ` class="${style}"`;
    return `<tspan x="${x}"${named} textLength="${(text.length * CELL.width).toFixed(1)}">${escape(text)}</tspan>`;
  });
  return drawn.join('');
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
