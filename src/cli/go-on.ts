import { GamedayError } from '../model/errors.ts';
import type { Hook } from '../model/entities/notice.ts';
import type { Plan } from '../scenario/plan.ts';
import { abortDrill, runDrill } from '../drill/run.ts';
import { systemClock } from '../http/clock.ts';
import { openJournal } from '../journal/file.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { loadScenarios } from '../scenario/load.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import { commandsOf } from '../verdict/left.ts';
import type { InputError } from '../scenario/problem.ts';
import { summarizeDrill } from '../verdict/summarize.ts';
import { takeStoredCommand } from './command-words.ts';
import type { Drive } from './drive.ts';
import { driveAlone } from './drive.ts';
import { enterInLedger } from './ledger.ts';
import { placeOf, planDrill } from './plan-drill.ts';
import { secretsOf } from './output.ts';
import { reporterFor } from './reporters.ts';
import type { RunFlags } from './flags.ts';
import { giveHooks, readHooks } from './hooks.ts';
import type { Environment } from './output.ts';
import type { Runner } from './runner.ts';
import { lockKeyOf, settingsFromEnvironment, unreachableSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { findDrill } from './stored.ts';
import type { StoredDrill } from './stored.ts';
import type { DrillEvent } from '../journal/events.ts';
import { nameCall } from '../model/call.ts';
import { linesKnownOf } from './wire.ts';

/** The flags of `resume` and `abort`. */
interface GoOnOptions extends Pick<RunFlags, 'yes' | 'insecure' | 'out'>, Partial<Pick<RunFlags, 'notify'>> {
  readonly how: 'resume' | 'abort';
  readonly drill: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Continues a stored drill: to its verdict (resume), or until its changes are undone (abort). */
export async function goOnWithDrill(options: GoOnOptions, runner: Runner): Promise<void> {
  const stored = await findDrill(options.drill, options.out);
  if (stored.state.phase === 'judged' && stored.state.settled)
    return finishJudged(stored, options.out, runner);
  const { embeddedRig } = stored.state.plan;
  const taken = embeddedRig
    ? takeUpWithoutRig(stored, options, runner)
    : await takeUp(stored, options, runner);
  if ('errors' in taken) return runner.finish(makeGameDayDocument([], taken.errors, null));
  // Everything that the drill changed ended with its rig.
  const { lastIntent } = await requireKnown(stored, options.yes || embeddedRig, runner.environment);
  runner.output.learn(taken.secrets);
  const secrets = [...secretsOf(runner.environment), ...taken.secrets];
  const { now } = systemClock;
  const journal = await openJournal(stored.folder, stored.drill, { secrets, create: false, now }).catch(
    (error: unknown) => Promise.reject(withCommands(error as Error, stored)),
  );
  const { plan, settings } = taken;
  const act: Drive['act'] = (ports, interrupted, onEvent) =>
    options.how === 'resume'
      ? runDrill(plan, ports, interrupted, onEvent)
      : abortDrill(ports, lastIntent, interrupted, onEvent);
  return driveAlone(
    { plan, settings, hooks: taken.hooks, journal, folder: stored.folder, out: options.out, act },
    runner,
  );
}

/** If the journal cannot be written nothing is sent; the error names the commands that undo what may still stand. */
function withCommands(error: Error, { events }: StoredDrill): Error {
  if (!(error instanceof GamedayError) || error.reason !== 'journal-unwritable') return error;
  const commands = commandsOf(evidenceOf(events));
  if (commands.length === 0) return error;
  const next = `${error.next ?? ''} The drill's changes may still stand; these commands undo them: ${commands.join('; ')}`;
  return new GamedayError(error.reason, error.message, { next: next.trim(), cause: error });
}

type Refused = { readonly errors: readonly InputError[] };

interface TakenUp {
  readonly plan: Plan;
  readonly settings: Settings;
  readonly secrets: readonly string[];
  /** Who is told: a journal alone does not know the addresses. */
  readonly hooks: readonly Hook[];
}

/** Judges the journal as it stands: the rig ended with its runner, so nothing more can be read. */
function takeUpWithoutRig({ state: { plan } }: StoredDrill, options: GoOnOptions, runner: Runner): TakenUp {
  const settings = unreachableSettings(plan.scenario);
  return { plan, settings, ...readHooks({ ...options, rig: true }, runner) };
}

async function takeUp(stored: StoredDrill, options: GoOnOptions, runner: Runner): Promise<TakenUp | Refused> {
  const { plan } = stored.state;
  // resume needs the file, as the journal holds no secrets; abort does not, and an assertion has no file.
  const isRecordEnough = options.how === 'abort' || plan.mode === 'assert';
  const loaded = isRecordEnough
    ? { ...plan, ...readHooks({ ...options, rig: false }, runner) }
    : await scenarioOf(stored, options, runner);
  if ('errors' in loaded) return loaded;
  const { settings, errors } = await settingsFromEnvironment(
    loaded.scenario,
    runner.environment,
    options.insecure,
  );
  if (settings === null) return { errors };
  requireSamePlace(plan, settings, loaded);
  if (options.how === 'resume') requireSameStore(plan, runner);
  const choice = { yes: options.yes, dryRun: false };
  const taken =
    'mode' in loaded
      ? { ...plan, ...placeOf(settings, plan.scenario, choice, runner) }
      : planDrill(loaded, settings, choice, runner);
  return { plan: taken, settings, secrets: loaded.secrets, hooks: loaded.hooks };
}

async function scenarioOf(
  { drill, state: { plan, injections } }: StoredDrill,
  options: GoOnOptions,
  runner: Runner,
): Promise<LoadedScenario | Refused> {
  const read = await loadScenarios([plan.file], options.variables, runner.environment);
  const { scenarios, errors } = giveHooks(read, { ...options, rig: plan.embeddedRig }, runner);
  const [loaded] = scenarios;
  if (loaded === undefined) return { errors };
  if (loaded.digest === plan.digest) return takeStoredCommand(loaded, plan, injections.length > 0);
  throw new GamedayError('bad-input', `the scenario has changed since drill ${drill} was planned`, {
    at: plan.file,
    next: 'Restore the file, its --var values and its variables, or settle the drill with `gameday drills abort`.',
  });
}

function requireSamePlace(plan: Plan, settings: Settings, { scenario }: Pick<Plan, 'scenario'>): void {
  const key = lockKeyOf(settings, scenario);
  if (key === plan.lockKey && settings.organization === plan.organization) return;
  throw new GamedayError(
    'bad-input',
    `the drill runs at ${plan.lockKey}, but the environment points at ${key}`,
    {
      next: 'Set endpoints, region and organization as at the start of the drill.',
    },
  );
}

/** Before its injection a drill that shares its lock with other machines is not to go on without that. */
function requireSameStore({ lockStore }: Plan, { ledger }: Runner): void {
  if (lockStore === undefined || ledger?.name === lockStore) return;
  throw new GamedayError(
    'bad-input',
    `the drill has its lock in ${lockStore}, and ${ledger === null ? 'no ledger is given' : `the ledger is ${ledger.name}`}`,
    { next: `Give --ledger ${lockStore}, as at the start of the drill.` },
  );
}

/** Shows a verdict again; its runner may have died before it was added to the ledger. */
async function finishJudged(
  { events, journalPath }: StoredDrill,
  out: string,
  runner: Runner,
): Promise<void> {
  const interruption = { signal: new AbortController().signal };
  const judged = summarizeDrill(events, journalPath);
  const result = await enterInLedger(judged, { events, out, runner, interruption });
  const reporter = await reporterFor(runner, 'closing');
  const document = makeGameDayDocument([result], [], null);
  reporter.onResult(result, events);
  reporter.onDocument(document);
  runner.finish(document);
}

/** Whether the call of a stored drill's last intent may have been sent, by this machine's state directory. */
interface Known {
  readonly lastIntent: 'may-be-sent' | 'never-sent';
}

/**
 * Refuses a drill that this machine's state directory does not know, or whose journal names more calls than that state:
 * only the journal holds what an undo restores, and anybody can write a journal. With `--yes` a person trusts it.
 */
export async function requireKnown(
  { drill, events, journalPath }: StoredDrill,
  yes: boolean,
  environment: Environment,
): Promise<Known> {
  const known = await linesKnownOf(environment, drill);
  const [first, ...intents] = events.filter(isRemembered);
  const strange = intents.filter(({ sum }) => !known.has(sum));
  const isOurs = first !== undefined && known.has(first.sum);
  if (isOurs && strange.length === 0) return { lastIntent: 'may-be-sent' };
  // The checksum is stored before the call is sent: without one, the runner ended before the call of the last intent.
  if (isOurs && strange.length === 1 && strange[0]?.seq === events.at(-1)?.seq)
    return { lastIntent: 'never-sent' };
  if (yes) return { lastIntent: 'may-be-sent' };
  throw new GamedayError(
    'drill-unknown',
    `this machine's state directory has no record that matches the journal of drill ${drill}; the journal says: ${sayCalls(intents)}`,
    {
      at: journalPath,
      next: 'Read the journal. If you trust it, give --yes: the calls that it names are then undone or continued.',
    },
  );
}

/** The events whose checksums are stored in this machine's state directory. */
function isRemembered({ code }: DrillEvent): boolean {
  return ['GD_DRILL_PLANNED', 'GD_BUILD_INTENDED', 'GD_FAULT_INTENDED'].includes(code);
}

function sayCalls(intents: readonly DrillEvent[]): string {
  const calls = intents.flatMap((event) =>
    event.code === 'GD_BUILD_INTENDED' || event.code === 'GD_FAULT_INTENDED'
      ? [nameCall(event.payload.call)]
      : [],
  );
  return calls.length === 0 ? 'nothing was sent' : [...new Set(calls)].join(', ');
}
