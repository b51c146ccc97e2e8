import { join } from 'node:path';
import { systemClock } from '../http/clock.ts';
import { escapeControls, toJson } from '../journal/escape.ts';
import { diffLines } from '../preflight/report.ts';
import { listNetEdits } from '../preflight/take-advice.ts';
import { rehearsalCard } from './card.ts';
import { rehearsalLines } from './report.ts';
import { agentOf } from '../report/sections.ts';
import { formatSpan } from '../model/instants.ts';
import { adviceOn } from './advice.ts';
import type { Other } from './advice.ts';
import { armOf, hasFailed, wasDisturbed, withRepeats } from './arm.ts';
import { differencesOf } from './differences.ts';
import type { Arm, Rehearsal } from './document.ts';
import { LOST_AFTER } from './drills.ts';
import { timeOf } from './job.ts';
import { fixAsked, playOf, workOf } from './play.ts';
import type { Play, Work } from './play.ts';
import { hideDocuments } from '../preflight/hidden.ts';
import type { Fixed } from '../preflight/fix.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { runGameDay, NOTHING_SENT } from '../cli/game-day.ts';
import { askAgreement } from '../cli/agreement.ts';
import { writeProgress } from '../cli/output.ts';
import { makeDrillId } from '../cli/plan-drill.ts';
import { writeArm, writePrivateFile, writeReport } from './files.ts';
import { definitionFileOf, readRehearsal } from './input.ts';
import type { Read } from './input.ts';
import type { GivenFlags, RehearseFlags } from './options.ts';
import type { Runner } from '../cli/runner.ts';
import { watchThroughout } from '../cli/signals.ts';
import type { watchSignals } from '../cli/signals.ts';

/** A rehearsal while it runs. */
interface Stage {
  readonly flags: RehearseFlags;
  readonly runner: Runner;
  readonly read: Read;
  readonly work: Work;
  /** The folder for its scenarios and rigs. */
  readonly folder: string;
  readonly beganAt: number;
  readonly watch: typeof watchSignals;
  /** How many times each scenario was run. */
  readonly played: Map<string, number>;
}

/** One definition and the results of its drills. */
interface Played {
  readonly play: Play;
  readonly day: GameDayDocument;
  readonly arm: Arm;
}

/** Runs the default drills against a task definition and, if one fails, against the fixed definition. */
export async function runRehearsal(
  file: string | undefined,
  given: GivenFlags,
  runner: Runner,
): Promise<void> {
  const fromEnvironment = runner.environment['GAMEDAY_TASK_DEFINITION'];
  const taskDefinition = definitionFileOf(file, given['task-definition'], fromEnvironment);
  const flags: RehearseFlags = { ...given, 'task-definition': taskDefinition };
  // Before signals are watched: if an input is a pipe without a writer, a signal must still end the process.
  const read = await readRehearsal(flags, runner);
  const signals = watchThroughout();
  try {
    await playArms(flags, runner, read, signals.watch);
  } finally {
    signals.release();
  }
}

async function playArms(
  flags: RehearseFlags,
  runner: Runner,
  read: Read,
  watch: Stage['watch'],
): Promise<void> {
  const work = workOf(read.asked);
  if ('why' in work) throw read.refusal(work);
  const asGiven = playOf(read.asked, work, read.chosen.machine);
  if ('why' in asGiven) throw read.refusal(asGiven);
  const folder = join(flags.out, `rehearsal-${makeDrillId(systemClock.now())}`);
  const beganAt = systemClock.now();
  const stage: Stage = { flags, runner, read, work, folder, watch, beganAt, played: new Map() };
  if (!(await askAgreement(describeBeginning(asGiven, stage), flags.yes, runner, watch))) return;
  const given = await playArm('given', asGiven, stage, (day) =>
    showRehearsal(stage, asGiven, day, null, null),
  );
  // Bad input, or a signal: it was already reported.
  if (given === null) return;
  if (!hasFailed(given.day)) return showRehearsal(stage, asGiven, given.day, null, null);
  await playFixed(given, stage);
}

/** Runs the drills of the fixed definition, if there is one. */
async function playFixed(given: Played, stage: Stage): Promise<void> {
  const { read, work, folder, runner } = stage;
  const fixed = fixAsked(read.asked, work);
  if (fixed === null) return showRehearsal(stage, given.play, given.day, null, null);
  const play = playOf({ ...read.asked, documents: fixed.documents }, work, read.chosen.machine);
  if ('why' in play) return showRehearsal(stage, given.play, given.day, null, { unfit: play });
  await writePrivateFile(join(folder, 'fixed.json'), `${toJson(fixed.documents.taskDefinition.value, 2)}\n`);
  writeProgress(
    `A drill failed. Now the same drills with the changes of preflight: ${fixed.rules.join(', ')}.`,
    runner.output,
    runner.environment,
  );
  const interrupted = (day: GameDayDocument): void =>
    showRehearsal(
      stage,
      given.play,
      { ...given.day, outcome: day.outcome, reason: day.reason, exitCode: day.exitCode },
      null,
      null,
    );
  const played = await playArm('fixed', play, stage, interrupted);
  if (played === null) return;
  showRehearsal(stage, given.play, given.day, { fixed, played }, { play, arm: played.arm });
}

/** Writes the files of one definition and runs its drills; null after bad input or a signal, which is reported here. */
async function playArm(
  name: 'given' | 'fixed',
  play: Play,
  stage: Stage,
  interrupted: (day: GameDayDocument) => void,
): Promise<Played | null> {
  const { flags, runner, read, work, folder, watch } = stage;
  const { steps, job } = work;
  // Signals before the drills watch for themselves, and between two rounds.
  let over: GameDayDocument['drills'] = [];
  const between = watch((signal) => {
    const isFirst = name === 'given' && over.length === 0;
    runner.output.stderr.write(isFirst ? NOTHING_SENT : 'Interrupted between two drills.\n');
    interrupted(makeGameDayDocument(over, [], signal));
  });
  const files = await writeArm(join(folder, name), {
    copy: play.copy,
    ground: { steps, job, wholeStop: play.wholeStop, container: play.container, definition: name },
    pipelineText: steps.leftOut.length > 0 ? null : read.pipelineText,
    programs: read.chosen.programs,
  });
  if (name === 'fixed') writeProgress(`${sayHowLong(play, stage)}.`, runner.output, runner.environment);
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
    return runGameDay(
      {
        ...{ files: some, variables: {}, rig: true, agent, executor, out, atOnce: true, watch },
        // The results are shown together at the end; progress is shown as usual.
        ...{ 'dry-run': false, yes: true, insecure: false, layout: 'none', finish },
        agenda: {
          title: () => `the definition ${name === 'given' ? 'as given' : 'with its fix'}`,
          total: some.length,
          parallel: some.length,
          lasts: timeOf(play, work.job),
        },
      },
      runner,
    );
  };
  let day = await drill(files);
  over = day.drills;
  for (let again = 0; again < MOST_REPEATS && !told; again += 1) {
    const disturbed = day.drills.filter(wasDisturbed).map(({ file }) => file);
    if (disturbed.length === 0) break;
    writeProgress(
      `Disturbed, so nothing is proven; run again: ${escapeControls(disturbed.join(', '))}`,
      runner.output,
      runner.environment,
    );
    day = withRepeats(day, await drill(disturbed));
    over = day.drills;
  }
  between.release();
  return told ? null : { play, day, arm: armOf(play, files, day, stage.played) };
}

/** Runs of a disturbed drill, at most: beyond that the cause is not a busy machine. */
const MOST_REPEATS = 2;

function sayHowLong(play: Play, { work }: Stage): string {
  return `Three drills at the same time, about ${formatSpan(timeOf(play, work.job))}`;
}

/** What will run, shown before anything is started. */
function describeBeginning(play: Play, stage: Stage): readonly string[] {
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
    `Step ${steps.step} takes ${formatSpan(job.ms)}: ${job.why}.`,
    `Scenarios and rigs: ${folder}`,
    `${sayHowLong(play, stage)}; if one fails, the same drills with the fixed definition follow.`,
  ];
}

interface Beside {
  readonly fixed: Fixed;
  readonly played: Played;
}

/** The answer; its exit code is that of the definition as given, even if the fixed one passes. */
function showRehearsal(
  stage: Stage,
  play: Play,
  day: GameDayDocument,
  beside: Beside | null,
  other: Other,
): void {
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
      ...read.assumed,
      ...work.steps.leftOut,
      ...(rig === null ? [] : differencesOf({ ...rig, agent: agentOf(rig) }, LOST_AFTER)),
    ],
    given,
    fixed: beside === null ? null : fixedArmOf(beside, read, folder),
    advice: day.outcome === 'interrupted' ? null : adviceOn(given, play, other, work),
  };
  const report = writeReport(join(folder, 'report.txt'), rehearsal, runner.output.redact);
  const ms = systemClock.now() - stage.beganAt;
  runner.finish({ ...day, rehearsal }, (stdout) => {
    const screen = { columns: stdout.columns(), rows: stdout.rows(), colors: stdout.colors };
    const before = flags.verbose ? [...rehearsalLines(rehearsal, screen), ''] : [];
    stdout.write(`${[...before, ...rehearsalCard(rehearsal, { ...screen, ms, report })].join('\n')}\n`);
  });
}

function fixedArmOf({ fixed, played }: Beside, read: Read, folder: string): Rehearsal['fixed'] {
  return {
    ...played.arm,
    file: join(folder, 'fixed.json'),
    rules: [...fixed.rules],
    diff: listNetEdits(
      hideDocuments(read.asked.documents),
      hideDocuments(fixed.documents),
      fixed.edits,
    ).flatMap((one) => [...diffLines(one, read.places)]),
  };
}
