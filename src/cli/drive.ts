import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GamedayError } from '../model/errors.ts';
import type { Hook } from '../model/entities/notice.ts';
import type { Plan } from '../scenario/plan.ts';
import type { DrillPorts } from '../drill/ports.ts';
import { reduce, type DrillState } from '../state/state.ts';
import { systemClock } from '../http/clock.ts';
import { toJson } from '../journal/escape.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { addEvent, lastEventIn, type JournalIndex } from '../evidence/journal-index.ts';
import { eventsOf } from '../journal/events.ts';
import type { DrillEvent } from '../journal/events.ts';
import { JOURNAL_FILE } from '../journal/file.ts';
import type { Journal } from '../journal/journal.ts';
import { redactLeaves } from '../journal/redact.ts';
import type { Reporter } from '../report/reporter.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import { verdictOfReason } from '../verdict/judge.ts';
import { commandsOf } from '../verdict/left.ts';
import type { DrillResult } from '../verdict/result.ts';
import { summarizeDrill } from '../verdict/summarize.ts';
import { sayIdentity } from './identity.ts';
import { askMfaCodeBeside, nobody, terminalPerson } from './prompt.ts';
import { isOnlyLeaving } from './exit-codes.ts';
import { enterInLedger, sayNotEntered } from './ledger.ts';
import { isAttendedTerminal } from './output.ts';
import { reporterFor } from './reporters.ts';
import { DEFAULT_OUT } from './runner.ts';
import type { Runner } from './runner.ts';
import type { Settings } from './settings.ts';
import { watchSignals } from './signals.ts';
import type { Interruption, StopSignal } from './signals.ts';
import { senderOf } from './hooks.ts';
import { hostCommand } from './user-command.ts';
import { ALONE } from './watching.ts';
import type { Watching } from './watching.ts';
import { tellEnd } from './tell-end.ts';
import { connectNotifier, digestFor } from './wire.ts';
import type { CommandHost } from './wire.ts';

/** How long a signal waits for the user's command to end with it: its grace, and a little for SIGKILL, milliseconds. */
const COMMAND_ENDS_WITHIN_MS = 7_500;

/** The input of one drill's run, from its first event or from the end of a stored journal. */
export interface Drive {
  readonly plan: Plan;
  readonly settings: Settings;
  readonly journal: Journal;
  /** Who gets notices of the drill; by default nobody. */
  readonly hooks?: readonly Hook[];
  /** The drill's folder; null if nothing is stored. */
  readonly folder: string | null;
  readonly out: string;
  readonly runner: Runner;
  readonly reporter: Required<Reporter>;
  readonly interruption: Interruption;
  /** Why the services ended by themselves (the rig died), or null. */
  readonly died: () => string | null;
  /** Who watches: by default an Observer of its own. */
  readonly watching?: Watching;
  readonly act: (
    ports: DrillPorts,
    interrupted: AbortSignal,
    onEvent: (event: DrillEvent, state: DrillState) => void,
  ) => Promise<DrillState>;
}

/** A drill that has no result yet. */
export type Running = Pick<Drive, 'journal' | 'folder' | 'out' | 'plan' | 'died'> & {
  readonly runner: Pick<Runner, 'ledger'>;
};

/** Runs one drill to its end and returns its result; closes the journal. */
export async function driveDrill(drive: Drive): Promise<DrillResult> {
  const { plan, journal, runner, reporter, interruption, watching = ALONE } = drive;
  const notes: string[] = [];
  let failure: unknown = null;
  try {
    const askMfaCode = isAttendedTerminal(runner.environment) ? askMfaCodeBeside(reporter) : null;
    const host = hostCommand(drive.settings, drive.folder, runner.environment, runner.output, reporter);
    const atOnce = plan.mode === 'assert' ? 1 : plan.scenario.safety.drillsAtOnce;
    const shared = shareLock(plan, runner, (line) => void notes.push(line));
    const services = await watching.connect(drive.settings, askMfaCode, { ...host, ...shared }, atOnce);
    const endCommand = (): void => {
      if (services.command.read()?.state === 'running') interruption.extend(COMMAND_ENDS_WITHIN_MS);
    };
    interruption.signal.addEventListener('abort', endCommand, { once: true });
    const isKept = drive.folder !== null && !plan.embeddedRig;
    const digest = await digestFor(drive.settings.environment, journal.drill, isKept);
    const identify = (signal: AbortSignal): Promise<string> => sayIdentity(services.ecs, signal);
    const person =
      plan.consent === 'ask' ? terminalPerson(runner.output, interruption, reporter, { identify }) : nobody;
    const hooks = drive.hooks ?? [];
    const telling = await connectNotifier({
      ...{ hooks, from: senderOf(runner), clock: systemClock },
      hide: (notice) => redactLeaves(notice, runner.output.redact),
      proxies: drive.settings.rules.proxies,
    });
    const ports = watching.watch({ ...services, clock: systemClock, journal, person, digest });
    const onEvent = (event: DrillEvent, state: DrillState): void => {
      if (event.code === 'GD_UNDO_BEGUN') interruption.extend(event.payload.within);
      indexes.set(journal, state.index);
      reporter.onEvent(event, state);
    };
    let end = await drive.act({ ...ports, ...telling }, interruption.signal, onEvent);
    await tellEnd(
      plan,
      hooks.map(({ kind, host }) => ({ kind, host })),
      () => resultOf(drive, null),
      { journal, ...telling },
      interruption.signal,
      (event) => onEvent(event, (end = reduce(end, event))),
    );
  } catch (error) {
    if (journal.events.length === 0) throw error;
    failure = error;
  } finally {
    watching.leave(journal);
    await journal.close();
  }
  if (interruption.signal.aborted) await takeTurn();
  if (failure !== null && !(failure instanceof GamedayError)) {
    runner.output.stderr.write(
      `${failure instanceof Error ? (failure.stack ?? failure.message) : 'something that is no error was thrown'}\n`,
    );
  }
  const result = resultOf(drive, failure);
  const told = { ...result, notes: [...result.notes, ...notes] };
  const entered = await enterInLedger(told, { ...drive, events: journal.events });
  return keepResult(entered, drive.folder, runner);
}

/** The store that the plan names for the lock; what becomes of the lock after the injection is a note of the result. */
function shareLock(
  { lockStore }: Plan,
  { ledger }: Runner,
  tell: (line: string) => void,
): Pick<CommandHost, 'shared'> {
  return ledger === null || ledger.name !== lockStore ? {} : { shared: { store: ledger, tell } };
}

/** The result of a drill, also if the run itself failed. */
export function resultOf(
  drive: Pick<Drive, 'journal' | 'folder' | 'out' | 'plan' | 'died'>,
  failure: unknown,
): DrillResult {
  const { events } = drive.journal;
  const index = findIndex(drive.journal);
  const path = drive.folder === null ? null : join(drive.folder, JOURNAL_FILE);
  const result = summarizeDrill(index, path, failure === null ? null : verdictOf(events, failure));
  const told = withUnwrittenNote(withOutFlag(result, drive.out), drive.journal);
  const died = drive.died();
  // A verdict that was proven stands; for an inconclusive one, the end of the rig is the reason.
  if (died === null || (result.outcome !== 'inconclusive' && result.outcome !== 'could-not-run')) return told;
  return { ...told, said: `${told.said}; the rig ended too early: ${died}` };
}

/** Each journal as its drill has indexed it: after a signal there is no time to read hundreds of journals anew. */
const indexes = new WeakMap<Journal, JournalIndex>();

/** The journal's index, with the events that the drill did not come to; where that is another's, the events themselves. */
function findIndex(journal: Journal): JournalIndex | readonly DrillEvent[] {
  const { events } = journal;
  const index = indexes.get(journal);
  if (index === undefined || lastEventIn(index) !== events[index.length - 1]) return events;
  return events.slice(index.length).reduce(addEvent, index);
}

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Drills that end together have their results made one after another, so that the end of the grace is never noticed late.
 * After it every drill is reported already: none has a turn any more.
 */
function takeTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => (isOnlyLeaving() ? new Promise(() => undefined) : nextTurn()));
  return lastTurn;
}

/** Adds `--out` to gameday commands, so that they find the drill. */
function withOutFlag(result: DrillResult, out: string): DrillResult {
  if (out === DEFAULT_OUT) return result;
  const commands = result.commands.map((command) =>
    command.startsWith('gameday ') ? `${command} --out ${out}` : command,
  );
  return { ...result, commands };
}

/** Notes in every result that its journal is incomplete; an inconclusive result names that as the reason. */
function withUnwrittenNote(result: DrillResult, journal: Journal): DrillResult {
  const why = journal.findWriteError();
  if (why === null) return result;
  const note = `the journal is incomplete: ${why.message}; later events were kept in memory only`;
  const told = { ...result, notes: [...result.notes, note] };
  // Nothing can resume the drill until the disk has room again.
  if (result.outcome === 'interrupted')
    return { ...told, commands: [...commandsOf(evidenceOf(journal.events)), ...result.commands] };
  if (result.outcome !== 'inconclusive') return told;
  return {
    ...told,
    said: why.message,
    next: 'Free some disk space, or name a folder on another disk with --out; then run the drill again.',
  };
}

/** A failure of the run: could-not-run before the stop was intended; after it the evidence is incomplete (verdict rules). */
function verdictOf(events: readonly DrillEvent[], failure: unknown): ReturnType<typeof verdictOfReason> {
  const stopped = eventsOf(events, 'GD_FAULT_INTENDED').length > 0;
  if (failure instanceof GamedayError) {
    return verdictOfReason(stopped ? 'observation-gap' : failure.reason, failure.message);
  }
  const message = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
  return verdictOfReason('internal', message);
}

/** Writes result.json beside the journal. If it cannot be written, the answer says so. */
export async function keepResult(
  result: DrillResult,
  folder: string | null,
  runner: Runner,
): Promise<DrillResult> {
  const redacted = redactLeaves(result, runner.output.redact);
  if (folder === null) return redacted;
  const path = join(folder, 'result.json');
  try {
    await writeFile(`${path}.new`, `${toJson(redacted, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
    return redacted;
  } catch (error) {
    return {
      ...redacted,
      notes: [...redacted.notes, `result.json could not be written: ${(error as Error).message}`],
    };
  }
}

/** Runs the only drill of a command and finishes with its document, also if a signal interrupts it. */
export async function driveAlone(
  drill: Pick<Drive, 'plan' | 'settings' | 'journal' | 'hooks' | 'folder' | 'out' | 'act'>,
  runner: Runner,
): Promise<void> {
  const reporter = await reporterFor(runner, 'closing');
  const current = { ...drill, runner, died: () => null };
  let over = false;
  const interruption = watchSignals((signal) => {
    if (over) return;
    const document = makeGameDayDocument(endByForce([current], signal, reporter), [], signal);
    reporter.onDocument(document);
    runner.finish(document);
  });
  const result = await driveDrill({ ...current, reporter, interruption });
  over = true;
  reporter.onResult(result, drill.journal.events);
  const document = makeGameDayDocument([result], [], interruption.readSignal());
  reporter.onDocument(document);
  runner.finish(document);
}

/** Drills that did not end in time after a signal: every journal gets its last line first, then each is reported as it stands. */
export function endByForce(
  running: readonly Running[],
  signal: StopSignal,
  reporter: Pick<Required<Reporter>, 'onResult'>,
): readonly DrillResult[] {
  const begun = running.filter(({ journal }) => journal.events.length > 0);
  for (const { journal } of begun) {
    if (journal.events.at(-1)?.code === 'GD_INTERRUPTED') continue;
    // append writes the line before it first waits; only the sync to disk is not awaited.
    journal.append({ code: 'GD_INTERRUPTED', payload: { signal } }, false).catch(() => undefined);
  }
  return begun.map((current) => {
    const { ledger } = current.runner;
    const told = resultOf(current, null);
    const note =
      ledger === null || current.plan.dryRun ? [] : [sayNotEntered(ledger, told.drill, current.out)];
    const result = { ...told, notes: [...told.notes, ...note] };
    reporter.onResult(result, current.journal.events);
    return result;
  });
}
