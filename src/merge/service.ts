import { stat } from 'node:fs/promises';
import type { Runner } from '../cli/runner.ts';
import { readJournal } from '../journal/replay.ts';
import { GamedayError } from '../model/errors.ts';
import type { Expected } from './attempt.ts';
import { readAttempts } from './files.ts';
import { mergeAttempts } from './merge.ts';
import type { MergeFlags } from './options.ts';
import { mergeLines } from './report.ts';

/** Makes one result of the shards' artifacts. */
export async function mergeShards(folder: string, flags: MergeFlags, runner: Runner): Promise<void> {
  const isFolder = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new GamedayError('bad-input', `there is no folder ${folder}`, {
      next: 'Name the folder into which the artifacts were downloaded.',
    });
  const { BUILDKITE_BUILD_ID: build = '' } = runner.environment;
  const expected: Expected = { files: flags.shard, rig: flags.rig, build: build === '' ? null : build };
  const { attempts, strays } = await readAttempts(folder, expected);
  const document = mergeAttempts(attempts, expected, strays);
  const { answers } = runner.reporting;
  for (const drill of answers === null ? [] : document.drills)
    answers?.onResult(drill, drill.journal === null ? [] : (await readJournal(drill.journal)).events);
  runner.finish(document, (stdout) => stdout.write(`${mergeLines(document, stdout.colors).join('\n')}\n`));
}
