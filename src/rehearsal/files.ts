import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { makeFolders } from '../disk/folders.ts';
import { GamedayError } from '../model/errors.ts';
import { toJson } from '../journal/escape.ts';
import type { Copy } from './definition.ts';
import { DRILLS, rigOf, scenarioOf } from './drills.ts';
import type { Ground } from './drills.ts';
import type { Rehearsal } from './document.ts';
import { rehearsalLines } from './report.ts';

/** The input of one definition's drills. */
export interface Written {
  readonly copy: Copy;
  readonly ground: Ground;
  /** The pipeline's original text if nothing was left out, so that errors keep their places. */
  readonly pipelineText: string | null;
  readonly programs: string | null;
}

/** Writes the scenarios, and their rigs in `rig/`; returns the scenario files in the order of the drills. */
export async function writeArm(folder: string, written: Written): Promise<readonly string[]> {
  const { copy, ground, pipelineText, programs } = written;
  const inRig = (name: string): string => join(folder, 'rig', name);
  await writePrivateFile(inRig('task-definition.json'), `${toJson(copy.document, 2)}\n`);
  await writePrivateFile(inRig('pipeline.yml'), pipelineText ?? stringify(ground.steps.document));
  await writePrivateFile(inRig('rig.yaml'), stringify(rigOf(copy, programs)));
  return Promise.all(
    DRILLS.map(async (name) => {
      const file = join(folder, `${name}.yaml`);
      await writePrivateFile(file, stringify(scenarioOf(name, ground)));
      return file;
    }),
  );
}

/** Writes one file, readable by its owner only, as a definition may hold secrets. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  try {
    makeFolders(dirname(file));
    await writeFile(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new GamedayError('bad-input', `${file} cannot be written: ${(cause as Error).message}`, {
      cause,
      next: 'Name a writable folder with --out DIR.',
    });
  }
}

/** Writes the whole report beside the scenarios, at once, for a signal ends the process after it; null where it cannot be written. */
export function writeReport(
  file: string,
  rehearsal: Rehearsal,
  redact: (text: string) => string,
): string | null {
  try {
    makeFolders(dirname(file));
    const lines = rehearsalLines(rehearsal, { columns: 100, colors: false }).map(redact);
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return file;
  } catch {
    return null;
  }
}
