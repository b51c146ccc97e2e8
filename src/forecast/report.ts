import type { DeploymentRow, Forecast, StepForecast, TimeoutRow } from './document.ts';
import { percent } from './notes.ts';
import { escapeControls } from '../journal/escape.ts';
import { plotLines } from './plot.ts';
import { createPainter } from '../report/paint.ts';
import type { Paint } from '../report/paint.ts';
import type { Screen } from '../report/screen.ts';
import { formatSpan } from '../model/instants.ts';
import { tableLines } from '../report/table.ts';
import { clip, wrap } from '../report/width.ts';

/** Prints a forecast: the question, the tables, a plot and the notes. */
export function printForecast(forecast: Forecast, screen: Screen): void {
  const paint = createPainter(screen.colors);
  const width = Math.max(60, screen.columns());
  const lines = [
    ...headLines(forecast, paint),
    '',
    ...tableLines(STEP_HEAD, forecast.steps.map(stepRow)),
    '',
    ...tableLines(
      TIMEOUT_HEAD,
      forecast.timeouts.map((row) => timeoutCells(row)),
    ),
    '',
    ...plotLines(forecast, Math.min(width, 78)),
    '',
    ...deploymentLines(forecast),
    ...drainLines(forecast),
    ...retryLines(forecast),
    '',
    ...forecast.notes.flatMap((note) =>
      wrap(note, width - 4).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
    ),
  ];
  for (const line of lines) screen.write(`${line}\n`);
}

function headLines({ source, window, utilisation, ...forecast }: Forecast, paint: Paint): readonly string[] {
  const of = source.kind === 'stated' ? `${source.name}, as stated` : `${source.jobs} jobs of ${source.name}`;
  const ceiling = window.ceiling === null ? 'no ceiling' : `at most ${sayTime(window.ceiling)}`;
  const who = window.container === null ? '' : `container ${window.container}, `;
  const told = {
    heard: '',
    eaten: ', and the agent never hears the stop',
    fatal: ': the signal cuts the job off',
  }[window.signal];
  const idle = {
    stated: 'as stated',
    history: 'by the history',
    assumed: 'assumed',
  }[utilisation.by];
  return [
    paint(escapeControls(`Forecast: ${of}`), 'loud'),
    escapeControls(
      `  drain window T                                ${sayTime(window.drain)} (${who}${window.launchType}, ${ceiling}${told})`,
    ),
    `  a worker has a job                            ${percent(utilisation.share)} of the time, ${idle}`,
    `  lost, of the jobs in flight at a stop         ${withBounds(forecast.loss, forecast.interval)}`,
    `  one stop of one worker loses a job            ${withBounds(forecast.lossPerStop, forecast.lossPerStopInterval)}`,
    ...(forecast.busyDrain === null || window.signal !== 'heard'
      ? []
      : [
          `  drain of a busy worker                        mean ${sayTime(forecast.busyDrain.mean)}, 95 %: ${sayTime(forecast.busyDrain.p95)}`,
        ]),
    ...(forecast.protection === null
      ? []
      : [
          `  protected from scale-in while it has a job    for ${sayTime(forecast.protection.expiry)} at most`,
          `  lost, of the jobs that a deployment meets     ${percent(forecast.protection.loss)}`,
        ]),
  ];
}

const STEP_HEAD = ['step', 'jobs', 'median', '95 %', 'longest', 'of all work', 'lost in flight', 'fits T'];

function stepRow(step: StepForecast): readonly string[] {
  const { seen } = step;
  const fits = { always: 'always', never: 'never', some: `not ${percent(step.longer)} of its jobs` }[
    step.fits
  ];
  return [
    clip(escapeControls(step.step), 28),
    seen === null ? '' : String(step.jobs),
    ...(seen === null ? ['', '', ''] : [sayTime(seen.median), sayTime(seen.p95), sayTime(seen.longest)]),
    percent(step.share),
    withBounds(step.loss, step.interval),
    step.fitsCeiling ? fits : `${fits}, nor the ceiling`,
  ];
}

const TIMEOUT_HEAD = ['stopTimeout', 'lost in flight', 'a stop loses a job, if heard', 'jobs longer'];

function timeoutCells(row: TimeoutRow): readonly string[] {
  return [
    `${sayTime(row.stopTimeout)}${row.current ? ' (now)' : ''}`,
    withBounds(row.loss, row.interval),
    percent(row.lossPerStop),
    percent(row.longer),
  ];
}

function deploymentLines(forecast: Forecast): readonly string[] {
  const { fleet } = forecast;
  return [
    `A rolling deployment of ${fleet.workers} workers: ${fleet.minimumHealthyPercent} % to ${fleet.maximumPercent} %, room for ${fleet.roomPercent} %, start-up ${fleet.startUp}; ${fleet.replications} simulated`,
    ...tableLines(
      ['', 'T', 'takes (median)', '95 %', 'jobs lost (median)', '5 % to 95 %', 'a stop loses a job'],
      forecast.deployments.map(deploymentCells),
    ),
  ];
}

/** The drains measured by drills, in the words of the table above. */
function drainLines({ drains }: Forecast): readonly string[] {
  if (drains === null) return [];
  const told = (who: string, { workers, drained, median, longest }: typeof drains.busy): readonly string[] =>
    workers === 0
      ? []
      : [
          `  ${who}: ${drained} of ${workers} drained${median === null || longest === null ? '' : `, median ${sayTime(median)}, longest ${sayTime(longest)}`}`,
        ];
  return [
    `Drains as measured by ${drains.drills} drill${drains.drills === 1 ? '' : 's'}`,
    ...told('busy', drains.busy),
    ...told('idle', drains.idle),
  ];
}

function deploymentCells({ name, window, wallClock, lost, lossPerStop }: DeploymentRow): readonly string[] {
  return [
    name,
    sayTime(window),
    wallClock === null ? 'never ends' : sayTime(wallClock.median),
    wallClock === null ? '' : sayTime(wallClock.p95),
    lost === null ? '' : String(lost.median),
    lost === null ? '' : `${lost.p5} to ${lost.p95}`,
    percent(lossPerStop),
  ];
}

function retryLines({ retry: rule }: Forecast): readonly string[] {
  if (rule === null) return [];
  const [soonest, latest] = rule.later;
  return [
    '',
    'A retry rule (exit_status -1, limit 1) for the jobs that are lost:',
    `  finishes at least ${percent(rule.rescuedAtLeast)} of them, even if every retry's worker is also stopped`,
    `  costs ${sayTime(rule.workLost)} of work done twice, and makes the build ${sayTime(soonest)} to ${sayTime(latest)} later (Buildkite gives up on an agent after 3 to 4 minutes)`,
  ];
}

/** A share with its bounds; a measured 0 has bounds, a stated 0 has none. */
function withBounds(share: number, bounds: readonly [number, number] | null): string {
  return bounds === null
    ? percent(share)
    : `${percent(share)} (${percent(bounds[0])} to ${percent(bounds[1])})`;
}

/** A duration; in whole seconds from ten on, as no forecast is exact to a tenth. */
function sayTime(ms: number): string {
  return ms >= 10_000 && ms < 60_000 ? `${Math.round(ms / 1000)} s` : formatSpan(ms);
}
