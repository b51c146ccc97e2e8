import type { DrillState } from '../state/state.ts';
import type { DrillResult } from '../verdict/result.ts';
import { countBegun, countEnded, startProgress, type Agenda } from './agenda.ts';
import { createBlock } from './drawn-block.ts';
import { manyBlock } from './many-block.ts';
import { createPainter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import type { TerminalOptions } from './terminal.ts';

/** Nobody said how many there will be. */
const UNKNOWN: Agenda = { title: () => null, total: null, parallel: 1, lasts: null };

/** More verdicts than a screen is high are not kept. */
const KEPT_VERDICTS = 100;

/** The live view of many drills at the same time: one block that fits the screen, whatever its height. */
export function createManyDrillsReporter({ screen, now, every, agenda }: TerminalOptions): Reporter {
  const paint = createPainter(screen.colors);
  const block = createBlock(screen);
  const running = new Map<string, DrillState>();
  const ended = new Map<string, number>();
  let latest: readonly DrillResult[] = [];
  let progress = startProgress(agenda ?? UNKNOWN);
  let stop: (() => void) | null = null;
  let paused = false;

  function draw(): void {
    if (paused) return;
    const lines = manyBlock(
      { running: [...running.values()], ended, latest, progress },
      screen.rows() - 1,
      now(),
    );
    block.draw([], lines, (line, index) => paint(line, index === 0 ? 'loud' : 'quiet'));
  }
  function erase(): void {
    block.draw([], [], (line) => line);
  }
  return {
    onEvent(_event, state) {
      running.set(state.drill, state);
      progress = countBegun(progress, state.drill, now());
      stop ??= every(250, draw);
    },
    onResult(result) {
      running.delete(result.drill);
      progress = countEnded(progress, result.drill, now());
      ended.set(result.outcome, (ended.get(result.outcome) ?? 0) + 1);
      latest = [...latest, result].slice(-KEPT_VERDICTS);
      // What is written on stdout now must not land inside the block.
      erase();
    },
    onDocument() {
      stop?.();
      stop = null;
      erase();
    },
    pause() {
      erase();
      paused = true;
    },
    resume() {
      paused = false;
      draw();
    },
  };
}
