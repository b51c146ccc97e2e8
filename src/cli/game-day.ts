import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { hideEvent } from '../drill/hidden.ts';
import { runDrill } from '../drill/run.ts';
import { systemClock } from '../http/clock.ts';
import { createMemoryJournal, openJournal } from '../journal/file.ts';
import type { Journal } from '../journal/journal.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Layout } from '../report/results.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import type { InputError } from '../scenario/problem.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import { giveCommand } from './command-words.ts';
import { findWrongAddresses } from './counter-addresses.ts';
import { explainThrown } from './exit-codes.ts';
import { driveDrill, endByForce, keepResult, resultOf } from './drive.ts';
import type { Running } from './drive.ts';
import type { RunFlags } from './flags.ts';
import { makeDrillId, planDrill } from './plan-drill.ts';
import type { PlanChoice } from './plan-drill.ts';
import { enterInLedger } from './ledger.ts';
import { reporterFor } from './reporters.ts';
import { openRig } from './rig-process.ts';
import type { EmbeddedRig } from './rig-process.ts';
import { secretsOf } from './output.ts';
import type { Runner } from './runner.ts';
import { readScenarios } from './scenarios.ts';
import { settingsFromEnvironment, unreachableSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { watchSignals } from './signals.ts';
import type { Interruption, StopSignal } from './signals.ts';
import { digestFor } from './wire.ts';

type DrillFlags = Pick<RunFlags, 'rig' | 'agent' | 'executor' | 'dry-run' | 'yes' | 'insecure' | 'out'>;

export interface GameDayOptions extends DrillFlags {
  readonly files: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly layout: Layout;
  /** The command from behind `--`. */
  readonly command?: readonly string[] | null;
  /** Runs all drills at the same time, each in its own rig. Only with `rig`: real drills would disturb each other. */
  readonly atOnce?: boolean;
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
  /** What to close at the very end. */
  readonly leftovers: (() => Promise<void>)[];
  readonly results: DrillResult[];
  /** Drills that have begun but have no result yet. */
  readonly running: Map<LoadedScenario, Running>;
}

export const NOTHING_SENT = 'Interrupted: no drill had begun, nothing was sent.\n';

/** Runs one or more scenarios, one drill each, and finishes with the one document. */
export async function runGameDay(options: GameDayOptions, runner: Runner): Promise<GameDayDocument> {
  const end = options.finish ?? runner.finish;
  const read = await readScenarios(options.files, options.variables, runner);
  const loaded = giveCommand(read, options.command ?? null, true);
  const planned = await Promise.all(
    loaded.scenarios.map((scenario) => planScenario(scenario, options, runner)),
  );
  const errors = dropRepeatedErrors([...loaded.errors, ...planned.flatMap((one) => one.errors)]);
  if (errors.length > 0) {
    const refused = makeGameDayDocument([], errors, null);
    end(refused);
    return refused;
  }
  const reporter = await reporterFor(runner, options.layout);
  let over = false;
  const cut = (signal: StopSignal): readonly DrillResult[] =>
    [...day.running.values()].flatMap((running) => endByForce(running, signal, reporter));
  const interruption = (options.watch ?? watchSignals)((signal) => {
    if (!over) finish(makeGameDayDocument([...day.results, ...cut(signal)], [], signal));
  });
  const day: Day = {
    options,
    runner,
    reporter,
    interruption,
    leftovers: [],
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
  const document = await runDrills(planned, day);
  finish(document);
  await Promise.all(day.leftovers.map((close) => close()));
  interruption.release();
  return document;
}

interface Planned {
  readonly loaded: LoadedScenario;
  /** Null if the rig will supply them. */
  readonly settings: Settings | null;
  readonly errors: readonly InputError[];
}

async function planScenario(
  loaded: LoadedScenario,
  options: GameDayOptions,
  runner: Runner,
): Promise<Planned> {
  const { scenario, file } = loaded;
  const addresses = findWrongAddresses(loaded, options.rig);
  if (options.rig) {
    const missing = {
      message: 'the scenario names no rig file',
      at: file,
      next: 'Add `rig: FILE`, or run it without --rig.',
    };
    return { loaded, settings: null, errors: scenario.rig === null ? [missing, ...addresses] : addresses };
  }
  const { settings, errors } = await settingsFromEnvironment(scenario, runner.environment, options.insecure);
  const control = {
    message: '`control:` is allowed on the rig only: on real services a drill must pass',
    at: file,
    next: 'Run it with --rig, or remove `control:`.',
  };
  return {
    loaded,
    settings,
    errors: [...errors, ...addresses, ...(scenario.control === null ? [] : [control])],
  };
}

async function runDrills(planned: readonly Planned[], day: Day): Promise<GameDayDocument> {
  const { results, interruption, options } = day;
  if (options.atOnce === true) {
    const refusals = await Promise.all(planned.map((one) => tryDrill(one, day)));
    const [refusal = null] = refusals.filter((document) => document !== null);
    const order = planned.map(({ loaded }) => loaded.file);
    results.sort((a, b) => order.indexOf(a.file) - order.indexOf(b.file));
    return refusal === null
      ? makeGameDayDocument(results, [], interruption.readSignal())
      : { ...refusal, drills: [...results] };
  }
  for (const one of planned) {
    if (interruption.readSignal() !== null) break;
    const refusal = await tryDrill(one, day);
    if (refusal !== null) return refusal;
    if (results.at(-1)?.outcome === 'internal') break;
  }
  return makeGameDayDocument(results, [], interruption.readSignal());
}

/** Runs one drill and keeps its result; returns the document that ends the game day if the drill has no result. */
async function tryDrill(one: Planned, day: Day): Promise<GameDayDocument | null> {
  const { results, interruption } = day;
  try {
    const result = await drillScenario(one, day);
    results.push(result);
    day.running.delete(one.loaded);
    day.reporter.onResult(result);
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

async function drillScenario({ loaded, settings }: Planned, day: Day): Promise<DrillResult> {
  if (settings !== null) return drillWithSettings(loaded, settings, [], () => null, day);
  let rig: EmbeddedRig;
  try {
    const { rig: file } = loaded.scenario;
    const { agent, executor } = day.options;
    const choice = { agent, executor, environment: day.runner.environment };
    rig = await openRig({ ...loaded.scenario, rig: file ?? '' }, choice, day.interruption.signal);
  } catch (error) {
    if (error instanceof GamedayError && error.reason === 'rig-failed')
      return drillWithoutRig(loaded, error, day);
    throw error;
  }
  try {
    return await drillWithSettings(loaded, rig.settings, rig.secrets, rig.died, day);
  } finally {
    if (day.interruption.readSignal() === null) await rig.close();
    else day.leftovers.push(rig.close);
  }
}

async function drillWithSettings(
  loaded: LoadedScenario,
  settings: Settings,
  secrets: readonly string[],
  died: () => string | null,
  day: Day,
): Promise<DrillResult> {
  const { options, runner, interruption } = day;
  runner.output.learn(secrets);
  const plan = planDrill(loaded, settings, choiceOf(options), runner);
  const { journal, folder } = await openDrillJournal(loaded, secrets, day);
  const { out } = options;
  day.running.set(loaded, { plan, journal, folder, out, died, runner });
  // Where drills run at the same time, each line names its drill.
  const reporter =
    options.atOnce === true ? await reporterFor(runner, options.layout, loaded.scenario.title) : day.reporter;
  return driveDrill({
    ...{ plan, settings, journal, folder, out, runner, reporter, interruption, died },
    act: (ports, interrupted, onEvent) => runDrill(plan, ports, interrupted, onEvent),
  });
}

/** Journals a drill whose rig did not start, so that its result has a journal too. */
async function drillWithoutRig(loaded: LoadedScenario, error: GamedayError, day: Day): Promise<DrillResult> {
  const { options, runner } = day;
  const plan = planDrill(loaded, unreachableSettings(loaded.scenario), choiceOf(options), runner);
  const { journal, folder } = await openDrillJournal(loaded, [], day);
  const digest = await digestFor(runner.environment, journal.drill, false);
  const { secrets } = plan.scenario;
  await journal.append(hideEvent({ code: 'GD_DRILL_PLANNED', payload: { plan } }, secrets, digest), true);
  await journal.append({ code: 'GD_HALTED', payload: { reason: error.reason, said: error.message } }, false);
  await journal.append({ code: 'GD_SETTLED', payload: { left: [] } }, true);
  await journal.close();
  const { out } = options;
  const result = resultOf({ journal, folder, plan, out, died: () => null }, null);
  const { events } = journal;
  return keepResult(await enterInLedger(result, { ...day, events, out }), folder, runner);
}

async function openDrillJournal(
  loaded: LoadedScenario,
  more: readonly string[],
  { options, runner }: Day,
): Promise<{ readonly journal: Journal; readonly folder: string | null }> {
  const id = makeDrillId(systemClock.now());
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
