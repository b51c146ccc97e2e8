import { open, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { escapeControls } from '../journal/escape.ts';
import { GamedayError } from '../model/errors.ts';
import type { Screen } from '../report/screen.ts';
import { closingBlock } from '../report/closing.ts';
import { finalLine, summaryLines } from '../report/summary.ts';
import type { DrillResult, GameDayDocument, StudyArm } from '../verdict/result.ts';
import { runGameDay } from '../cli/game-day.ts';
import { variablesOf } from '../cli/flags.ts';
import type { Runner } from '../cli/runner.ts';
import { measureArm } from './measure.ts';
import type { StudyFlags } from './options.ts';
import { studyLines, studyPage } from './report.ts';

/** Runs the drills of every arm; the document of the game day also contains the table. */
export async function runStudy(folder: string, flags: StudyFlags, runner: Runner): Promise<void> {
  const { repeat, markdown } = flags;
  const once = await filesOf(folder);
  if (markdown !== undefined) await requireWritable(markdown);
  const files = Array.from({ length: repeat }, () => once).flat();
  const variables = variablesOf(flags.var);
  const finish = (day: GameDayDocument): void => {
    if (day.drills.length === 0) return runner.finish(day);
    const document = { ...day, study: measureArms(day) };
    runner.finish(document, (stdout) => printStudy(document, stdout, flags.verbose));
  };
  const day = await runGameDay(
    { ...flags, 'dry-run': false, files, variables, layout: 'none', finish },
    runner,
  );
  if (markdown !== undefined && day.drills.length > 0) await writeFile(markdown, studyPage(measureArms(day)));
}

function measureArms({ drills }: GameDayDocument): StudyArm[] {
  const armOf = ({ file }: DrillResult): string => basename(dirname(file));
  const names = [...new Set(drills.map(armOf))];
  return names.map((name) => measureArm({ name, drills: drills.filter((one) => armOf(one) === name) }));
}

function printStudy(
  document: GameDayDocument & { readonly study: readonly StudyArm[] },
  stdout: Screen,
  verbose: boolean,
): void {
  const options = { columns: stdout.columns(), colors: stdout.colors };
  const drills = verbose ? document.drills.map((drill) => closingBlock(drill, options)) : [];
  const sum = summaryLines(document, options.colors, options.columns);
  const last = finalLine(document);
  const lines = [
    ...studyLines(document.study, options.colors, verbose ? Infinity : MOST_UNCOUNTED),
    '',
    ...nextLines(document.drills),
    // One line a drill is more than a screen holds, and the table counts them.
    ...(verbose ? sum : sum.slice(-1)),
    ...(last === null ? [] : [last]),
  ];
  stdout.write(`${drills.join('')}${lines.join('\n')}\n`);
}

/** Drills that do not count and are named; of the others there is the number. */
const MOST_UNCOUNTED = 3;

/** The drill to look at: the first that did not end as it should. */
function nextLines(drills: readonly DrillResult[]): readonly string[] {
  const { journal = null } = drills.find(({ exitCode }) => exitCode !== 0) ?? {};
  return journal === null ? [] : [`Next    gameday drills show ${escapeControls(dirname(journal))}`];
}

/** Checked before anything is contacted, not after an hour of drills. */
async function requireWritable(file: string): Promise<void> {
  const handle = await open(file, 'a').catch((error: unknown) => {
    throw new GamedayError('bad-input', `--markdown: ${file} cannot be written: ${messageOf(error)}`, {
      next: 'Name a file in an existing folder.',
    });
  });
  await handle.close();
}

/** The scenarios of every arm: `before` first, then `after`, then others by name. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const arms = await foldersIn(folder);
  const files = await Promise.all(arms.map((arm) => scenariosIn(join(folder, arm))));
  const found = files.flat();
  if (found.length > 0) return found;
  throw new GamedayError('bad-input', `${folder} contains no arm of a study (a folder with scenario files)`, {
    next: 'Name a folder that contains the folders before and after, with the same drills in each.',
  });
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new GamedayError('bad-input', `${folder} cannot be read: ${messageOf(error)}`, {
      next: 'Name a folder that contains the folders before and after.',
    });
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted((a, b) => rankArm(a) - rankArm(b) || a.localeCompare(b));
}

function rankArm(arm: string): number {
  const known = ['before', 'after'].indexOf(arm);
  return known < 0 ? 2 : known;
}

async function scenariosIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  return names.map((name) => join(folder, name));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
