import { systemClock } from '../http/clock.ts';
import { createLogReporter } from '../report/log.ts';
import { multiplex } from '../report/multiplex.ts';
import type { Reporter } from '../report/reporter.ts';
import { createResultsReporter } from '../report/results.ts';
import type { Layout } from '../report/results.ts';
import { createTerminalReporter } from '../report/terminal.ts';
import { isAttended } from './output.ts';
import type { Runner } from './runner.ts';

/**
 * Progress goes to stderr, live where somebody watches; results go to stdout, unless one document is wanted there. Of
 * one of several drills at once there are lines alone, with its title before each.
 */
export function reportersFor(runner: Runner, layout: Layout, oneOfSeveral?: string): Required<Reporter> {
  const { stdout, stderr } = runner.output;
  const live =
    oneOfSeveral === undefined &&
    isAttended(process.stderr, runner.environment) &&
    runner.environment['TERM'] !== 'dumb';
  const progress = live
    ? createTerminalReporter({ screen: stderr, now: systemClock.now, every })
    : createLogReporter(stderr, oneOfSeveral);
  const reporters = runner.json ? [progress] : [progress, createResultsReporter(stdout, layout)];
  return multiplex(reporters, (error) => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stderr.write(`a reporter failed and is left out from here on: ${why}\n`);
  });
}

function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  timer.unref();
  return () => clearInterval(timer);
}
