// Records `gameday rehearse task.json` on a terminal of its own and writes docs/pictures/rehearse.svg: what a person sees, with
// the waiting cut short. `npm run build` comes first. It needs util-linux's `script`; on Debian that is there.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { drawCast } from './cast-svg.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'docs', 'pictures', 'rehearse.svg');
const COMMAND = 'gameday rehearse task.json';
const SIZE = { cols: 88, rows: 34 };
/** Chunks that come within so many milliseconds are one picture. */
const TOGETHER_MS = 250;
/** The live view is drawn anew four times a second, with other times: one picture of it in so many milliseconds is enough. */
const LIVE_MS = 5_000;

const folder = mkdtempSync(join(tmpdir(), 'gameday-cast-'));
try {
  copyFileSync(join(root, 'scenarios', 'incident', 'before.json'), join(folder, 'task.json'));
  mkdirSync(join(folder, '.bin'));
  symlinkSync(join(root, 'bin', 'run.js'), join(folder, '.bin', 'gameday'));
  // An engine that does not answer, so that every machine records the same.
  writeFileSync(join(folder, '.bin', 'docker'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const { code, chunks } = await record();
  // 10: the definition of the incident loses its job, and that is what the recording shows.
  if (code !== 10) throw new Error(`${COMMAND} ended with exit code ${code}, not 10`);
  const frames = await framesOf(chunks);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, drawCast(frames, SIZE, COMMAND));
  console.log(`${out}: ${frames.length} pictures of ${(chunks.at(-1).at / 1000).toFixed(0)} s`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What the terminal got, and when, in milliseconds since the start; its question is answered with y. */
async function record() {
  const line = `stty cols ${SIZE.cols} rows ${SIZE.rows}; ${COMMAND}`;
  const { PATH, HOME = '/nonexistent' } = process.env;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    cwd: folder,
    // A shell's own folder and nothing of the developer's settings.
    env: {
      PATH: `${join(folder, '.bin')}:${PATH}`,
      HOME,
      TERM: 'xterm-256color',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const began = Date.now();
  const chunks = [{ at: 0, bytes: Buffer.from(`$ ${COMMAND}\r\n`) }];
  let shown = '';
  child.stdout.on('data', (bytes) => {
    const isAsked = shown.includes('Run it?');
    shown += bytes.toString('utf8');
    chunks.push({ at: Date.now() - began, bytes });
    if (!isAsked && shown.includes('Run it?')) setTimeout(() => child.stdin.write('y\r'), 1_500);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, chunks };
}

/** The screen at every moment at which something was new, as rows of runs of one style. */
async function framesOf(chunks) {
  const terminal = new xterm.Terminal({ ...SIZE, allowProposedApi: true, scrollback: 0 });
  const frames = [];
  for (const [index, { at, bytes }] of chunks.entries()) {
    const next = chunks[index + 1]?.at ?? Infinity;
    const pages = pagesOf(bytes.toString('utf8'));
    for (const page of pages) {
      await new Promise((written) => terminal.write(page, written));
      if (page === pages.at(-1) && next - at < TOGETHER_MS) continue;
      const rows = Array.from({ length: SIZE.rows }, (_, row) => runsIn(terminal.buffer.active.getLine(row)));
      const isNew = JSON.stringify(rows) !== JSON.stringify(frames.at(-1)?.rows);
      const isLast = index === chunks.length - 1;
      const isLive = !isLast && pages.length === 1 && at - (frames.at(-1)?.at ?? -Infinity) < LIVE_MS;
      if (isNew && !isLive) frames.push({ at, rows, isRead: pages.length > 1 });
    }
  }
  terminal.dispose();
  return frames;
}

/** More lines than the screen has would scroll away unread: they come page by page. */
function pagesOf(text) {
  const lines = text.split(/(?<=\n)/);
  const pages = [];
  for (let from = 0; from < lines.length; from += SIZE.rows - 4)
    pages.push(lines.slice(from, from + SIZE.rows - 4).join(''));
  return pages;
}

function runsIn(line) {
  const runs = [];
  for (let x = 0; x < SIZE.cols; x += 1) {
    const cell = line?.getCell(x);
    const style = cell === undefined ? '' : styleOf(cell);
    const text = cell?.getChars() || ' ';
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ style, text });
  }
  const last = runs.at(-1);
  if (last?.style === '') last.text = last.text.trimEnd();
  return runs.filter(({ text }) => text !== '');
}

/** The class of a cell in the picture: `b` bold, `d` dim, `c1` to `c7` the terminal's colours. */
function styleOf(cell) {
  const color = cell.isFgPalette() ? `c${cell.getFgColor() % 8}` : '';
  return [cell.isBold() ? 'b' : '', cell.isDim() ? 'd' : '', color].filter((name) => name !== '').join(' ');
}
