import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { hideEvent } from '../drill/hidden.ts';
import { runDrill } from '../drill/run.ts';
import { systemClock } from '../http/clock.ts';
import { createMemoryJournal, openJournal } from '../journal/file.ts';
import type { Journal } from '../journal/journal.ts';
import { planAgenda, type Agenda } from '../report/agenda.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Layout } from '../report/results.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import type { InputError } from '../scenario/problem.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import { giveCommand } from './command-words.ts';
import { explainThrown } from './exit-codes.ts';
import { driveDrill, endByForce, keepResult, resultOf } from './drive.ts';
import type { Running } from './drive.ts';
import type { RunFlags } from './flags.ts';
import { explainWrongFolder } from './folders.ts';
import { giveHooks } from './hooks.ts';
import { consentOf, createDrillIds, planDrill } from './plan-drill.ts';
import type { PlanChoice } from './plan-drill.ts';
import { enterInLedger } from './ledger.ts';
import { isDrawn, reporterFor } from './reporters.ts';
import { runQueue } from './drill-queue.ts';
import type { EmbeddedRig } from './rig-process.ts';
import { explainWrongRuns, listRuns, planScenario, titleOf } from './runs.ts';
import type { Run } from './runs.ts';
import { openOwnRigs, openSharedRigs } from './rigs.ts';
import type { Rigs } from './rigs.ts';
import { secretsOf } from './output.ts';
import type { Runner } from './runner.ts';
import { readScenarios } from './scenarios.ts';
import { unreachableSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { watchSignals } from './signals.ts';
import type { Interruption, StopSignal } from './signals.ts';
import { ALONE, watchTogether } from './watching.ts';
import type { Watching } from './watching.ts';
import { digestFor } from './wire.ts';

type DrillFlags = Partial<Pick<RunFlags, 'notify'>> &
  Pick<RunFlags, 'rig' | 'agent' | 'executor' | 'dry-run' | 'yes' | 'insecure' | 'out'>;

export interface GameDayOptions extends DrillFlags {
  readonly files: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly layout: Layout;
  /** The command from behind `--`. */
  readonly command?: readonly string[] | null;
  /** Runs all drills at the same time, each in its own rig. Only with `rig`: real drills would disturb each other. */
  readonly atOnce?: boolean;
  /** How many drills run at the same time; those that share a service wait for each other. By default one. */
  readonly parallel?: number;
  /** What the live view says of the drills to come; by default how many there are. */
  readonly agenda?: Agenda;
  /** How many drills each scenario has. By default one. */
  readonly repeat?: number;
  /** Asked before each drill begins, with the results so far and how many drills run. While it is false, none begins; once none runs, all is over. */
  readonly goesOn?: (results: readonly DrillResult[], running: number) => boolean;
  /** Ends the command with a document that contains more than the game day's. */
  readonly finish?: (document: GameDayDocument) => void;
  /** The signal watch of the caller, if a signal must end more than this game day. */
  readonly watch?: typeof watchSignals;
}

/** A game day while it runs. */
interface Day {
  readonly options: GameDayOptions;
  readonly runner: Runner;
  readonly reporter: Required<Reporter>;
  readonly interruption: Interruption;
  readonly makeId: (now: number) => string;
  readonly rigs: Rigs;
  readonly watching: Watching;
  readonly results: DrillResult[];
  /** Drills that have begun but have no result yet. */
  readonly running: Map<Run, Running>;
}

/** How long the result of an interrupted drill takes, with its part of the document, milliseconds: measured with 500 on two cores. */
const MS_PER_RESULT = 0.7;

export const NOTHING_SENT = 'Interrupted: no drill had begun, nothing was sent.\n';

/** Runs one or more scenarios, one drill each, and finishes with the one document. */
export async function runGameDay(options: GameDayOptions, runner: Runner): Promise<GameDayDocument> {
  const end = options.finish ?? runner.finish;
  const read = await readScenarios(options.files, options.variables, runner);
  const loaded = giveHooks(giveCommand(read, options.command ?? null, true), options, runner);
  const planned = await Promise.all(
    loaded.scenarios.map((scenario) => planScenario(scenario, options, runner)),
  );
  const errors = dropRepeatedErrors([
    ...loaded.errors,
    ...explainWrongRuns(loaded.scenarios, options, consentOf(runner)),
    ...planned.flatMap((one) => one.errors),
    ...(options['dry-run'] ? [] : explainWrongFolder('--out', options.out)),
  ]);
  if (errors.length > 0) {
    const refused = makeGameDayDocument([], errors, null);
    end(refused);
    return refused;
  }
  const runs = listRuns(planned, options.repeat ?? 1);
  const agenda = options.agenda ?? planAgenda(runs.length, options.parallel ?? 1);
  const many = options.atOnce === true || (options.parallel ?? 1) > 1;
  const reporter = await reporterFor(runner, options.layout, { agenda, many });
  let over = false;
  const cut = (signal: StopSignal): readonly DrillResult[] =>
    endByForce([...day.running.values()], signal, reporter);
  const interruption = (options.watch ?? watchSignals)((signal) => {
    if (!over) finish(makeGameDayDocument([...day.results, ...cut(signal)], [], signal));
  });
  const makeRoom = (): void => interruption.makeRoom(day.running.size * MS_PER_RESULT);
  interruption.signal.addEventListener('abort', makeRoom, { once: true });
  const { agent, executor } = options;
  const choice = { agent, executor, environment: runner.environment };
  const day: Day = {
    ...{ options, runner, reporter, interruption },
    makeId: createDrillIds((options.parallel ?? 1) > 1),
    rigs: (isTogether(options) ? openSharedRigs : openOwnRigs)(choice, interruption.signal),
    watching: isTogether(options) ? watchTogether() : ALONE,
    results: [],
    running: new Map(),
  };
  const finish = (document: GameDayDocument): void => {
    over = true;
    reporter.onDocument(document);
    if (document.outcome === 'interrupted' && document.drills.length === 0) {
      runner.output.stderr.write(NOTHING_SENT);
    }
    end(document);
  };
  const document = await runDrills(runs, day);
  day.watching.close();
  finish(document);
  await day.rigs.close();
  interruption.release();
  return document;
}

/** Whether drills share clients, an Observer and rigs. */
function isTogether({ parallel = 1, repeat = 1 }: GameDayOptions): boolean {
  return parallel > 1 || repeat > 1;
}

async function runDrills(runs: readonly Run[], day: Day): Promise<GameDayDocument> {
  const { results, interruption, options } = day;
  const refusals: GameDayDocument[] = [];
  const order = new Map<DrillResult, number>();
  const begin = async (run: Run): Promise<void> => {
    const refusal = await tryDrill(run, day, (result) => order.set(result, runs.indexOf(run)));
    if (refusal !== null) refusals.push(refusal);
  };
  const goesOn = (running: number): boolean =>
    interruption.readSignal() === null &&
    refusals.length === 0 &&
    !results.some(({ outcome }) => outcome === 'internal') &&
    (options.goesOn?.(results, running) ?? true);
  if (options.atOnce === true) await Promise.all(runs.map(begin));
  else await runQueue(runs, { parallel: options.parallel ?? 1, begin, goesOn });
  results.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const [refusal = null] = refusals;
  return refusal === null
    ? makeGameDayDocument(results, [], interruption.readSignal())
    : { ...refusal, drills: [...results] };
}

/** Runs one drill and keeps its result; returns the document that ends the game day if the drill has no result. */
async function tryDrill(
  run: Run,
  day: Day,
  keep: (result: DrillResult) => void,
): Promise<GameDayDocument | null> {
  const { results, interruption } = day;
  try {
    const result = await drillScenario(run, day);
    results.push(result);
    keep(result);
    const events = day.running.get(run)?.journal.events ?? [];
    day.running.delete(run);
    day.reporter.onResult(result, events);
    return null;
  } catch (error) {
    if (interruption.readSignal() !== null) return null;
    if (error instanceof GamedayError && error.reason === 'bad-input') {
      return makeGameDayDocument(results, [{ message: error.message, at: error.at, next: error.next }], null);
    }
    const { document, stack } = explainThrown(error);
    if (stack !== null) day.runner.output.stderr.write(`${stack}\n`);
    return { ...document, drills: [...results] };
  }
}

async function drillScenario(run: Run, day: Day): Promise<DrillResult> {
  const { loaded, settings } = run;
  if (settings !== null) return drillWithSettings(run, settings, [], () => null, day);
  let rig: EmbeddedRig;
  try {
    rig = await day.rigs.open(loaded.scenario);
  } catch (error) {
    if (error instanceof GamedayError && error.reason === 'rig-failed')
      return drillWithoutRig(run, error, day);
    throw error;
  }
  try {
    return await drillWithSettings(run, rig.settingsOf(loaded.scenario), rig.secrets, rig.died, day);
  } finally {
    await day.rigs.leave(rig);
  }
}

async function drillWithSettings(
  run: Run,
  settings: Settings,
  secrets: readonly string[],
  died: () => string | null,
  day: Day,
): Promise<DrillResult> {
  const { options, runner, interruption, watching } = day;
  const { loaded } = run;
  runner.output.learn(secrets);
  const plan = planDrill(loaded, settings, choiceOf(options), runner);
  const { journal, folder } = await openDrillJournal(loaded, secrets, day);
  const { out } = options;
  day.running.set(run, { plan, journal, folder, out, died, runner });
  // Where drills run at the same time, each line names its drill.
  const isOneOfMany = (options.atOnce === true || (options.parallel ?? 1) > 1) && !isDrawn(runner);
  const whose = titleOf(run);
  const reporter = isOneOfMany ? await reporterFor(runner, options.layout, { whose }) : day.reporter;
  return driveDrill({
    ...{ plan, settings, journal, folder, out, runner, reporter, interruption, died, watching },
    hooks: loaded.hooks,
    act: (ports, interrupted, onEvent) => runDrill(plan, ports, interrupted, onEvent),
  });
}

/** Journals a drill whose rig did not start, so that its result has a journal too. */
async function drillWithoutRig(run: Run, error: GamedayError, day: Day): Promise<DrillResult> {
  const { options, runner } = day;
  const { loaded } = run;
  const plan = planDrill(loaded, unreachableSettings(loaded.scenario), choiceOf(options), runner);
  const { journal, folder } = await openDrillJournal(loaded, [], day);
  const { out } = options;
  const died = (): null => null;
  day.running.set(run, { plan, journal, folder, out, died, runner });
  const digest = await digestFor(runner.environment, journal.drill, false);
  const { secrets } = plan.scenario;
  await journal.append(hideEvent({ code: 'GD_DRILL_PLANNED', payload: { plan } }, secrets, digest), true);
  await journal.append({ code: 'GD_HALTED', payload: { reason: error.reason, said: error.message } }, false);
  await journal.append({ code: 'GD_SETTLED', payload: { left: [] } }, true);
  await journal.close();
  const result = resultOf({ journal, folder, plan, out, died }, null);
  const { events } = journal;
  return keepResult(await enterInLedger(result, { ...day, events, out }), folder, runner);
}

async function openDrillJournal(
  loaded: LoadedScenario,
  more: readonly string[],
  { options, runner, makeId }: Day,
): Promise<{ readonly journal: Journal; readonly folder: string | null }> {
  const id = makeId(systemClock.now());
  const secrets = [...secretsOf(runner.environment), ...loaded.secrets, ...more];
  const { now } = systemClock;
  if (options['dry-run']) return { journal: createMemoryJournal(id, secrets, now), folder: null };
  const folder = join(options.out, id);
  return { journal: await openJournal(folder, id, { secrets, create: true, now }), folder };
}

function choiceOf(options: GameDayOptions): PlanChoice {
  return { yes: options.yes, dryRun: options['dry-run'] };
}

function dropRepeatedErrors(errors: readonly InputError[]): readonly InputError[] {
  return [...new Map(errors.map((error) => [JSON.stringify(error), error])).values()];
}
