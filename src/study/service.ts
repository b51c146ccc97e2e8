import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { studyPage } from './report.ts';
import { gameDay } from '../cli/game-day.ts';
import type { GameDayOptions } from '../cli/game-day.ts';
import type { Runner } from '../cli/runner.ts';

export interface StudyOptions extends Omit<GameDayOptions, 'files' | 'layout'> {
  /** A folder with a folder for each arm. */
  readonly folder: string;
  /** How often each drill is run. */
  readonly repeat: number;
  /** Where the table is written as Markdown. */
  readonly markdown: string | undefined;
}

/** Runs the drills of every arm and finishes with a document that holds the table as well. */
export async function study(options: StudyOptions, runner: Runner): Promise<void> {
  const { folder, repeat, markdown, ...day } = options;
  const once = await filesOf(folder);
  if (markdown !== undefined) await mustBeWritable(markdown);
  const files = Array.from({ length: repeat }, () => once).flat();
  const document = await gameDay({ ...day, files, layout: 'study' }, runner);
  if (markdown === undefined || document.study === undefined) return;
  await writeFile(markdown, studyPage(document.study));
}

/** Found before anything is contacted, not after an hour of drills. */
async function mustBeWritable(file: string): Promise<void> {
  const handle = await open(file, 'a').catch((error: unknown) => {
    throw new GamedayError('bad-input', `--markdown: ${file} cannot be written: ${said(error)}`, {
      next: 'Name a file in a folder that is there.',
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
  throw new GamedayError('bad-input', `${folder} holds no arm of a study: a folder with scenario files`, {
    next: 'Name a folder that holds the folders before and after, with the same drills in each.',
  });
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new GamedayError('bad-input', `${folder} cannot be read: ${said(error)}`, {
      next: 'Name a folder that holds the folders before and after.',
    });
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted((a, b) => order(a) - order(b) || a.localeCompare(b));
}

function order(arm: string): number {
  const known = ['before', 'after'].indexOf(arm);
  return known < 0 ? 2 : known;
}

async function scenariosIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  return names.map((name) => join(folder, name));
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
