import type { DrillState } from '../state/state.ts';
import { countBegun, countEnded, planAgenda, sayProgress, startProgress, type Agenda } from './agenda.ts';
import { createBlock } from './drawn-block.ts';
import { liveBlock } from './live-block.ts';
import { createPainter } from './paint.ts';
import { progressLines } from './progress-lines.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { timeOfDay } from './text.ts';
import { createNarrator } from './words.ts';

export interface TerminalOptions {
  readonly screen: Screen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back every `ms` until the returned function is called; it must not keep the process alive. */
  readonly every: (ms: number, act: () => void) => () => void;
  /** What is known of the drills that are to come; missing: there is one. */
  readonly agenda?: Agenda | undefined;
}

/** The live view: past events scroll away; the block below them shows the present state of the drill. */
export function createTerminalReporter(options: TerminalOptions): Reporter {
  const { screen } = options;
  const paint = createPainter(screen.colors);
  const narrate = createNarrator();
  const block = createBlock(screen);
  let progress = startProgress(options.agenda ?? planAgenda(1, 1));
  let ended = 0;
  let state: DrillState | null = null;
  let stop: (() => void) | null = null;
  let paused = false;

  function draw(above: readonly string[]): void {
    if (paused) {
      for (const line of above) screen.write(`${line}\n`);
      return;
    }
    const height = Math.max(1, screen.rows() - 1);
    const lines = state === null ? [] : listLines(state, options.now()).slice(0, height);
    block.draw(above, lines, (line, index) => paint(line, index === 0 ? 'loud' : 'quiet'));
  }
  function listLines(drill: DrillState, now: number): readonly string[] {
    const course = sayProgress(progress, ended, now);
    return [...(course === null ? [] : [course]), ...liveBlock(drill, now)];
  }
  function stopDrawing(): void {
    stop?.();
    stop = null;
    state = null;
    draw([]);
  }
  return {
    onEvent(event, next) {
      const said = narrate(event).flatMap((sentence) =>
        progressLines(timeOfDay(event.at), sentence, paint, screen.columns()),
      );
      progress = countBegun(progress, next.drill, options.now());
      state = next.phase === 'judged' || next.interrupted !== null ? null : next;
      stop ??= options.every(250, () => draw([]));
      draw(said);
    },
    onResult(result) {
      progress = countEnded(progress, result.drill, options.now());
      ended += 1;
      stopDrawing();
    },
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
