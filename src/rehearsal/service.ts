import { join } from 'node:path';
import { systemClock } from '../http/clock.ts';
import { escapeControls, toJson } from '../journal/escape.ts';
import { diffLines } from '../preflight/report.ts';
import { rehearsalLines } from './report.ts';
import { agentOf } from '../report/sections.ts';
import { span } from '../report/text.ts';
import { adviceOn } from './advice.ts';
import type { Other } from './advice.ts';
import { armOf, hasFailed, wasDisturbed, withRepeats } from './arm.ts';
import { differencesOf } from './differences.ts';
import type { Arm, Rehearsal } from './document.ts';
import { LOST_AFTER } from './drills.ts';
import { timeOf } from './job.ts';
import { mendedFor, netEdits, playOf, workOf } from './play.ts';
import type { Play, Work } from './play.ts';
import { hideDocuments } from '../preflight/hidden.ts';
import type { Mended } from '../preflight/mend.ts';
import { account } from '../verdict/account.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { gameDay, NOTHING_SENT } from '../cli/game-day.ts';
import { consentOf, drillId } from '../cli/plan-drill.ts';
import { put, writeArm } from './files.ts';
import { readRehearsal } from './input.ts';
import type { Read } from './input.ts';
import type { RehearseFlags } from './options.ts';
import type { Runner } from '../cli/runner.ts';
import { watchThroughout } from '../cli/signals.ts';
import type { StopSignal, watchSignals } from '../cli/signals.ts';
import { GamedayError } from '../model/errors.ts';
import { terminalPerson } from '../cli/prompt.ts';

/** A rehearsal while it runs. */
interface Stage {
  readonly flags: RehearseFlags;
  readonly runner: Runner;
  readonly read: Read;
  readonly work: Work;
  /** Where its scenarios and rigs are written. */
  readonly folder: string;
  readonly watch: typeof watchSignals;
  /** How often each scenario was played. */
  readonly played: Map<string, number>;
}

/** One definition that was played. */
interface Played {
  readonly play: Play;
  readonly day: GameDayDocument;
  readonly arm: Arm;
}

/** Plays the default drills against a task definition and, where one fails, against the mended one beside it. */
export async function rehearse(flags: RehearseFlags, runner: Runner): Promise<void> {
  // Before anything is watched: while a pipe that nobody writes to is read, a signal ends the process by itself.
  const read = await readRehearsal(flags, runner);
  const signals = watchThroughout();
  try {
    await play(flags, runner, read, signals.watch);
  } finally {
    signals.release();
  }
}

async function play(flags: RehearseFlags, runner: Runner, read: Read, watch: Stage['watch']): Promise<void> {
  const work = workOf(read.asked);
  if ('why' in work) throw read.refusal(work);
  const asGiven = playOf(read.asked, work, read.chosen.machine);
  if ('why' in asGiven) throw read.refusal(asGiven);
  const folder = join(flags.out, `rehearsal-${drillId(systemClock.now())}`);
  const stage: Stage = { flags, runner, read, work, folder, watch, played: new Map() };
  if (!(await agree(beginning(asGiven, stage), flags.yes, runner, watch))) return;
  const given = await playArm('given', asGiven, stage, (day) => show(stage, asGiven, day, null, null));
  // Bad input, or a signal: that was said already.
  if (given === null) return;
  if (!hasFailed(given.day)) return show(stage, asGiven, given.day, null, null);
  await beside(given, stage);
}

/** Plays the mended definition, if there is one. */
async function beside(given: Played, stage: Stage): Promise<void> {
  const { read, work, folder, runner } = stage;
  const mended = mendedFor(read.asked, work);
  if (mended === null) return show(stage, given.play, given.day, null, null);
  const play = playOf({ ...read.asked, documents: mended.documents }, work, read.chosen.machine);
  if ('why' in play) return show(stage, given.play, given.day, null, { unfit: play });
  await put(join(folder, 'mended.json'), `${toJson(mended.documents.taskDefinition.value, 2)}\n`);
  runner.output.stderr.write(
    `A drill failed. Now the same with what preflight would change: ${mended.rules.join(', ')}.\n`,
  );
  const interrupted = (day: GameDayDocument): void =>
    show(
      stage,
      given.play,
      { ...given.day, outcome: day.outcome, reason: day.reason, exitCode: day.exitCode },
      null,
      null,
    );
  const played = await playArm('mended', play, stage, interrupted);
  if (played === null) return;
  show(stage, given.play, given.day, { mended, played }, { play, arm: played.arm });
}

/** Writes the files of one definition and runs its drills; null where that ended in bad input or by a signal, which is told here. */
async function playArm(
  name: 'given' | 'mended',
  play: Play,
  stage: Stage,
  interrupted: (day: GameDayDocument) => void,
): Promise<Played | null> {
  const { flags, runner, read, work, folder, watch } = stage;
  const { steps, job } = work;
  // Until its drills watch themselves, and between two rounds of them.
  let over: GameDayDocument['drills'] = [];
  const between = watch((signal) => {
    const isFirst = name === 'given' && over.length === 0;
    runner.output.stderr.write(isFirst ? NOTHING_SENT : 'Interrupted between two drills.\n');
    interrupted(account(over, [], signal));
  });
  const files = await writeArm(join(folder, name), {
    copy: play.copy,
    ground: { steps, job, wholeStop: play.wholeStop, container: play.container, definition: name },
    pipelineText: steps.leftOut.length > 0 ? null : read.pipelineText,
    programs: read.chosen.programs,
  });
  if (name === 'mended') runner.output.stderr.write(`${threeDrills(play, stage)}.\n`);
  let told = false;
  const finish = (document: GameDayDocument): void => {
    if (document.outcome !== 'interrupted' && document.errors.length === 0) return;
    told = true;
    if (document.errors.length > 0) runner.finish(document);
    else interrupted(document);
  };
  const drill = async (some: readonly string[]): Promise<GameDayDocument> => {
    for (const file of some) stage.played.set(file, (stage.played.get(file) ?? 0) + 1);
    const { agent, out } = flags;
    const { executor } = read.chosen;
    return gameDay(
      {
        ...{ files: some, variables: {}, rig: true, agent, executor, out, atOnce: true, watch },
        // Its results are shown together with the other ones; progress goes on as always.
        ...{ 'dry-run': false, yes: true, insecure: false, layout: 'none', finish },
      },
      runner,
    );
  };
  let day = await drill(files);
  over = day.drills;
  for (let again = 0; again < MOST_REPEATS && !told; again += 1) {
    const disturbed = day.drills.filter(wasDisturbed).map(({ file }) => file);
    if (disturbed.length === 0) break;
    runner.output.stderr.write(
      `Disturbed, so that nothing is proven; played again: ${escapeControls(disturbed.join(', '))}\n`,
    );
    day = withRepeats(day, await drill(disturbed));
    over = day.drills;
  }
  between.release();
  return told ? null : { play, day, arm: armOf(play, files, day, stage.played) };
}

/** A busy machine disturbs more than once; past it something else is amiss. */
const MOST_REPEATS = 2;

function threeDrills(play: Play, { work }: Stage): string {
  return `Three drills at once, about ${span(timeOf(play, work.job))}`;
}

/** What will run, told before anything does. */
function beginning(play: Play, stage: Stage): readonly string[] {
  const { read, work, folder } = stage;
  const { steps, job } = work;
  const { why, machine } = read.chosen;
  return [
    ...(why === null ? [] : [`No image is run: ${why}.`]),
    ...(machine.images ? [] : [`This runs on this machine, with your rights: ${play.copy.runs}`]),
    ...(steps.commands.length === 0
      ? []
      : [
          `So do the commands of your pipeline${machine.images ? ', in the image' : ''}: ${steps.commands.map((one) => JSON.stringify(one)).join(', ')}`,
        ]),
    `Step ${steps.step} works for ${span(job.ms)}: ${job.why}.`,
    `Scenarios and rigs: ${folder}`,
    `${threeDrills(play, stage)}; where one fails, then the mended definition beside it.`,
  ];
}

interface Beside {
  readonly mended: Mended;
  readonly played: Played;
}

/** The answer: the definition as given decides the exit code, and a mended one does not excuse it. */
function show(stage: Stage, play: Play, day: GameDayDocument, beside: Beside | null, other: Other): void {
  const { flags, runner, work, folder, read } = stage;
  const files = ['busy', 'idle', 'near-end'].map((name) => join(folder, 'given', `${name}.yaml`));
  const given = armOf(play, files, day, stage.played);
  const [rig = null] = [...day.drills, ...(beside?.played.day.drills ?? [])].flatMap(
    (drill) => drill.rig ?? [],
  );
  const rehearsal: Rehearsal = {
    ...{ file: flags['task-definition'], container: play.container, launch: play.launch, folder },
    ...{ step: work.steps.step, job: { ms: work.job.ms, why: work.job.why } },
    executor: rig?.executor ?? null,
    agent: rig === null ? null : agentOf(rig),
    differs: [
      ...play.copy.differs,
      ...work.steps.leftOut,
      ...(rig === null ? [] : differencesOf({ ...rig, agent: agentOf(rig) }, LOST_AFTER)),
    ],
    given,
    mended: beside === null ? null : mendedOf(beside, read, folder),
    advice: day.outcome === 'interrupted' ? null : adviceOn(given, play, other, work),
  };
  runner.finish({ ...day, rehearsal }, (stdout) => {
    const screen = { columns: stdout.columns(), colors: stdout.colors };
    stdout.write(`${rehearsalLines(rehearsal, screen).join('\n')}\n`);
  });
}

function mendedOf({ mended, played }: Beside, read: Read, folder: string): Rehearsal['mended'] {
  const { taskDefinition } = read.asked.documents;
  const places = {
    of: () => ({ name: taskDefinition.name, position: null }),
    whole: (_: unknown, path: readonly (string | number)[]) => [...taskDefinition.base, ...path],
  };
  return {
    ...played.arm,
    file: join(folder, 'mended.json'),
    rules: [...mended.rules],
    diff: netEdits(hideDocuments(read.asked.documents), {
      ...mended,
      documents: hideDocuments(mended.documents),
    }).flatMap((one) => [...diffLines(one, places)]),
  };
}

/** Nothing else is on the screen while a rehearsal asks. */
const STILL = { pause: () => undefined, resume: () => undefined };

/**
 * Says what will run on this machine, and has somebody agree to it before anything is started: files that others wrote say what
 * that is. False where a signal came instead, which is told here. Throws confirm-needed and confirm-declined.
 */
async function agree(
  lines: readonly string[],
  yes: boolean,
  runner: Runner,
  watch: typeof watchSignals,
): Promise<boolean> {
  const { stderr } = runner.output;
  for (const line of lines) stderr.write(`${escapeControls(line)}\n`);
  if (yes) return true;
  if (consentOf(runner) === 'refuse')
    throw new GamedayError('confirm-needed', 'what is named above would run here, and nobody can be asked', {
      next: 'Run it on a terminal, or give --yes where you trust what it names.',
    });
  const end = (signal: StopSignal): void => {
    stderr.write(NOTHING_SENT);
    runner.finish(account([], [], signal));
  };
  const interruption = watch(end);
  try {
    const person = terminalPerson(runner.output, interruption, STILL, 'Run it?');
    const agreed = await person.confirm(['Nothing was started yet.'], interruption.signal);
    const signal = interruption.got();
    if (signal !== null) end(signal);
    else if (!agreed) throw new GamedayError('confirm-declined', 'the person who was asked did not say yes');
    return signal === null;
  } finally {
    interruption.release();
  }
}
