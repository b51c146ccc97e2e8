import type { DrillState } from '../state/state.ts';
import { liveBlock } from './live-block.ts';
import { createPainter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { timeOfDay } from './text.ts';
import { clip, widthOf } from './width.ts';
import { createNarrator } from './words.ts';

export interface TerminalOptions {
  readonly screen: Screen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back every `ms` until the returned function is called; it must not keep the process alive. */
  readonly every: (ms: number, act: () => void) => () => void;
}

/** The live view: past events scroll away; the block below them shows the present state of the drill. */
export function createTerminalReporter(options: TerminalOptions): Reporter {
  const { screen } = options;
  const paint = createPainter(screen.colors);
  const narrate = createNarrator();
  const block = createBlock(screen);
  let state: DrillState | null = null;
  let stop: (() => void) | null = null;
  let paused = false;

  function draw(above: readonly string[]): void {
    if (paused) {
      for (const line of above) screen.write(`${line}\n`);
      return;
    }
    const height = Math.max(1, screen.rows() - 1);
    const lines = state === null ? [] : liveBlock(state, options.now()).slice(0, height);
    block.draw(above, lines, (line, index) => paint(line, index === 0 ? 'loud' : 'quiet'));
  }
  function stopDrawing(): void {
    stop?.();
    stop = null;
    state = null;
    draw([]);
  }
  return {
    onEvent(event, next) {
      const said = narrate(event).map(
        ({ text, tone }) => `${paint(timeOfDay(event.at), 'quiet')} ${paint(text, tone)}`,
      );
      state = next.phase === 'judged' || next.interrupted !== null ? null : next;
      stop ??= options.every(250, () => draw([]));
      draw(said);
    },
    onResult: stopDrawing,
    onDocument: stopDrawing,
    pause() {
      block.draw([], [], (line) => line);
      paused = true;
    },
    resume() {
      paused = false;
      draw([]);
    },
  };
}

interface Block {
  draw(
    above: readonly string[],
    lines: readonly string[],
    paint: (line: string, index: number) => string,
  ): void;
}

function createBlock(screen: Screen): Block {
  let drawn: readonly number[] = [];
  return {
    draw(above, lines, paint) {
      const columns = screen.columns();
      // If the window was made narrower, the drawn lines have wrapped, so more lines must be erased than were written.
      const height = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
      const erase = height === 0 ? '' : `\u001b[${height}A\r\u001b[J`;
      // One column stays free: some terminals wrap when the last one is written.
      const clipped = lines.map((line) => clip(line, Math.max(1, columns - 1)));
      drawn = clipped.map(widthOf);
      const text = [...above, ...clipped.map(paint)].map((line) => `${line}\n`).join('');
      if (erase !== '' || text !== '') screen.write(erase + text);
    },
  };
}
