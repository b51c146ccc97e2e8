import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { CauseName } from '../../../src/model/names.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/replay.ts';
import { judge } from '../../../src/verdict/judge.ts';
import type { OutcomeName } from '../../../src/model/reasons.ts';
import type { DrillResult, GameDayDocument } from '../../../src/verdict/result.ts';
import { documentIn, startCli } from '../../support/cli.ts';
import type { Cli } from '../../support/cli.ts';
import { processesWith } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { agentFlags, pathWithoutAgent } from './agents.ts';
import type { AgentChoice } from './agents.ts';
import { writeCase } from './files.ts';
import type { CaseFiles } from './files.ts';
import { whenProven } from './gates.ts';
import type { Opens } from './gates.ts';

/** One row of the matrix: a world, and the answer that it must give. */
export interface MatrixCase extends CaseFiles {
  readonly agent?: AgentChoice;
  readonly opens?: Opens;
  readonly args?: readonly string[];
  readonly expected: Expected;
}

/** The answer. Whoever expects a failure says of what it must be told to have come. */
export type Expected = Answer & (Failure | Other);

/** `by-version`: what the agent is like may exclude others; a function: the agent's version alone says it. */
type Decided = boolean | 'by-version' | ((version: string) => boolean);

interface Failure {
  readonly outcome: 'failed';
  /** The cause that must be named first. */
  readonly cause: CauseName;
  /** Whether the evidence must decide for it; by default it must. */
  readonly decided?: Decided;
}

interface Other {
  readonly outcome: Exclude<OutcomeName, 'failed'>;
  readonly cause?: CauseName;
  readonly decided?: Decided;
}

interface Answer {
  readonly exit: number;
  readonly reason: string;
  /** Each must be among the verdict's notes. */
  readonly notes?: readonly RegExp[];
  /** Each must be said by a finding, by the verdict or by its cause. */
  readonly says?: readonly RegExp[];
  /** How many StopTask calls the journal says were sent. */
  readonly sent?: number;
  /** How the two things that a pass rests on must have been proven. */
  readonly proof?: Partial<DrillResult['proof']>;
}

/** What a played case left behind. */
export interface Played {
  readonly code: number | null;
  readonly stderr: string;
  readonly document: GameDayDocument;
  readonly drill: DrillResult;
  readonly journal: readonly DrillEvent[];
}

/** Makes a folder, gives it away, and leaves neither it nor a process in it behind. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gd-'));
  try {
    const result = await work(folder);
    await until('the end of every process', async () => (await processesIn(folder)).length === 0);
    return result;
  } finally {
    for (const pid of await processesIn(folder)) kill(pid);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Programs of a case name its folder as their argument or as their TMPDIR; workers have their HOME in it. */
async function processesIn(folder: string): Promise<readonly number[]> {
  return [...(await processesWith(folder)), ...(await processesWith(folder, 'environ'))];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Plays a case with `run --rig` to its end and checks the answer. */
export async function play(given: MatrixCase): Promise<Played> {
  const played = await playOpen(given);
  meets(played, given.expected);
  return played;
}

/** Plays a case with `run --rig` to its end, whatever the answer is. */
export function playOpen(given: Omit<MatrixCase, 'expected'>): Promise<Played> {
  return inFolder(async (folder) => {
    const scenario = await writeCase(folder, given);
    const args = ['run', '--rig', scenario, ...agentFlags(given.agent ?? 'stand-in'), ...(given.args ?? [])];
    return drill(folder, args, {}, given.opens ?? whenProven);
  });
}

/** What is around every program of a case. */
export function surroundings(folder: string): Readonly<Record<string, string>> {
  return { PATH: pathWithoutAgent(), TMPDIR: folder };
}

let drills = 0;

/** Runs `gameday ... --json` and opens gates while its journal grows. */
export async function drill(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  opens: Opens,
): Promise<Played> {
  drills += 1;
  const out = join(folder, `drills-${String(drills)}`);
  // What stands behind `--` is no flag of ours.
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const all = [...args.slice(0, end), '--json', '--out', out, ...args.slice(end)];
  const cli = startCli(all, folder, { ...surroundings(folder), ...env });
  const { code } = await followed(cli, out, join(folder, 'gates'), opens);
  const document = read(cli);
  const [result] = document.drills;
  if (result === undefined) throw new Error(`no drill in ${cli.stdout()}\n${cli.stderr()}`);
  return { code, stderr: cli.stderr(), document, drill: result, journal: await journalIn(out) };
}

function read(cli: Cli): GameDayDocument {
  try {
    return documentIn(cli.stdout());
  } catch (error) {
    throw new Error(`no document: ${cli.stdout()}\n${cli.stderr()}`, { cause: error });
  }
}

async function followed(cli: Cli, out: string, gates: string, opens: Opens): Promise<Awaited<Cli['ended']>> {
  const opened = new Set<string>();
  const over = cli.ended;
  let running = true;
  let length = 0;
  let events: readonly DrillEvent[] = [];
  void over.then(() => (running = false));
  while (running) {
    const now = await lengthIn(out);
    // To read and check a journal costs something: only one that grew is read again.
    if (now !== length) events = await journalIn(out);
    length = now;
    for (const gate of opens(events).filter((name) => !opened.has(name))) {
      opened.add(gate);
      await writeFile(join(gates, gate), '');
    }
    await Promise.race([over, pause(150)]);
  }
  return over;
}

async function lengthIn(out: string): Promise<number> {
  const [id] = await readdir(out).catch((): string[] => []);
  if (id === undefined) return 0;
  return stat(join(out, id, 'journal.jsonl')).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The journal of the one drill in a folder, as far as it is written. */
export async function journalIn(out: string): Promise<readonly DrillEvent[]> {
  const [id] = await readdir(out).catch((): string[] => []);
  if (id === undefined) return [];
  return readJournal(join(out, id, 'journal.jsonl')).then(
    ({ events }) => events,
    () => [],
  );
}

/** Checks the answer, its evidence, and that the stored journal gives the same verdict again. */
export function meets(played: Played, expected: Expected): void {
  const { code, document, drill: result, journal } = played;
  const shown = `${result.outcome} ${result.reason}: ${result.said}\n${explained(played)}`;
  const { exit, outcome, reason } = expected;
  expect({ code, outcome: result.outcome, reason: result.reason }, shown).toEqual({
    code: exit,
    outcome,
    reason,
  });
  expect(document, shown).toMatchObject({ outcome, reason, exitCode: exit, counts: { [outcome]: 1 } });
  // A dry run keeps no journal.
  if (outcome !== 'planned')
    expect(judge(journal), 'judged again').toMatchObject({ outcome, reason, cause: result.cause });
  const numbers = new Set(journal.map(({ seq }) => seq));
  for (const finding of result.findings) {
    const strangers = finding.events.filter((event) => !numbers.has(event));
    expect(strangers, `${finding.check} names events that are not there`).toEqual([]);
    if (finding.raises === reason)
      expect(finding.events.length, `${finding.check} names its evidence`).toBeGreaterThan(0);
  }
  explains(played, expected, shown);
  for (const note of expected.notes ?? []) expect(result.notes.join('\n'), shown).toMatch(note);
  const causes = (result.cause?.ranked ?? []).map((cause) => cause.said);
  const said = [result.said, ...causes, ...result.findings.map((finding) => finding.said)].join('\n');
  for (const text of expected.says ?? []) expect(said, shown).toMatch(text);
  if (expected.proof !== undefined) expect(result.proof, shown).toMatchObject(expected.proof);
  if (expected.sent !== undefined)
    expect(journal.filter((event) => event.code === 'GD_FAULT_SENT').length, shown).toBe(expected.sent);
}

/** The right cause first, resting on events that are there, and never nothing: one that is undecided names its experiment. */
function explains({ drill: { agent, cause }, journal }: Played, expected: Expected, shown: string): void {
  const { cause: name, decided: given = true } = expected;
  const byVersion = given === 'by-version' ? (cause?.decided ?? false) : given;
  const decided = typeof byVersion === 'function' ? byVersion(agent?.version ?? '') : byVersion;
  if (name === undefined) return;
  const [first] = cause?.ranked ?? [];
  const told = `${(cause?.ranked ?? []).map((one) => `${one.name} (${one.weight}): ${one.said}`).join('\n')}\n${shown}`;
  expect({ cause: first?.name, decided: cause?.decided }, told).toEqual({ cause: name, decided });
  expect(first?.saves, told).not.toBe('');
  expect((cause?.experiment ?? '') === '', told).toBe(decided);
  const numbers = new Set(journal.map(({ seq }) => seq));
  for (const { events } of cause?.ranked ?? [])
    expect(
      events.filter((event) => !numbers.has(event)),
      told,
    ).toEqual([]);
  expect(first?.events.length, `${told}\nnames its evidence`).toBeGreaterThan(0);
}

function explained({ drill: result, stderr }: Played): string {
  const findings = result.findings.map(
    ({ check, holds, raises, said }) => `${check}: ${holds}${raises === null ? '' : ` (${raises})`}: ${said}`,
  );
  return [...findings, ...result.notes, stderr].join('\n');
}
