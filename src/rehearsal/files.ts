import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { makeFolders } from '../disk/folders.ts';
import { GamedayError } from '../model/errors.ts';
import { toJson } from '../journal/escape.ts';
import type { Copy } from './definition.ts';
import { DRILLS, rigOf, scenarioOf } from './drills.ts';
import type { Ground } from './drills.ts';

/** What one definition is rehearsed with. */
export interface Written {
  readonly copy: Copy;
  readonly ground: Ground;
  /** The pipeline's own text where nothing of it is left out, so that a mistake keeps its place. */
  readonly pipelineText: string | null;
  readonly programs: string | null;
}

/** Writes the scenarios, and in `rig/` what they run on; gives the scenario files in the order of the drills. */
export async function writeArm(folder: string, written: Written): Promise<readonly string[]> {
  const { copy, ground, pipelineText, programs } = written;
  const inRig = (name: string): string => join(folder, 'rig', name);
  await put(inRig('task-definition.json'), `${toJson(copy.document, 2)}\n`);
  await put(inRig('pipeline.yml'), pipelineText ?? stringify(ground.steps.document));
  await put(inRig('rig.yaml'), stringify(rigOf(copy, programs)));
  return Promise.all(
    DRILLS.map(async (name) => {
      const file = join(folder, `${name}.yaml`);
      await put(file, stringify(scenarioOf(name, ground)));
      return file;
    }),
  );
}

/** Writes one file; a definition may hold secrets, so it is for its owner alone. */
export async function put(file: string, text: string): Promise<void> {
  try {
    makeFolders(dirname(file));
    await writeFile(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new GamedayError('bad-input', `${file} cannot be written: ${(cause as Error).message}`, {
      cause,
      next: 'Name a folder that can be written with --out DIR.',
    });
  }
}
