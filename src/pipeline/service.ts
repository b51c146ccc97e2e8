import { stringify } from 'yaml';
import { giveCommand } from '../cli/command-words.ts';
import { answerOf, documentOf } from '../cli/exit-codes.ts';
import { variablesOf } from '../cli/flags.ts';
import type { Runner } from '../cli/runner.ts';
import { readScenarios } from '../cli/scenarios.ts';
import { GamedayError } from '../model/errors.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { InputError } from '../scenario/problem.ts';
import type { PipelineFlags } from './options.ts';
import { planShards } from './shards.ts';
import { hasControlCharacter } from './shell.ts';
import { makePipeline } from './steps.ts';
import type { Pipeline } from './steps.ts';

/** Buildkite takes so many jobs in one upload (pipelines/configure/dynamic-pipelines); one of them merges. */
const MOST_SHARDS = 499;
/** Linux passes at most 128 KiB in one variable, and an agent passes a step's command as one; a little is left for its name. */
const LONGEST_COMMAND = 128 * 1024 - 256;

/** Prints the pipeline that runs these scenarios as steps of a build. Contacts nothing. */
export async function printPipeline(
  files: readonly string[],
  flags: PipelineFlags,
  runner: Runner,
): Promise<void> {
  const { rig, queue = null, var: pairs = [] } = flags;
  requireCommandWords(files, queue, pairs);
  const read = await readScenarios(files, variablesOf(pairs), runner);
  const { scenarios, errors } = giveCommand(read, null, true);
  const wrong = [...errors, ...scenarios.flatMap((one) => explainMisfit(one, rig, pairs))];
  if (wrong.length > 0) return runner.finish(documentOf('bad-input', wrong));
  const { AWS_REGION, AWS_DEFAULT_REGION } = runner.environment;
  const named = scenarios.map(({ scenario }, index) => ({ file: files[index] ?? '', scenario }));
  const shards = planShards(named, flags.parallel ?? null, AWS_REGION ?? AWS_DEFAULT_REGION ?? null);
  const pipeline = makePipeline(shards, { queue, rig, variables: pairs });
  requireShortCommands(pipeline);
  runner.finish(answerOf('written', { shards, pipeline }), (stdout) =>
    stdout.write(stringify(pipeline, { lineWidth: 0 })),
  );
}

/** What cannot be written into a command, and what Buildkite would refuse. */
function requireCommandWords(files: readonly string[], queue: string | null, pairs: readonly string[]): void {
  if (files.length > MOST_SHARDS)
    throw new GamedayError(
      'bad-input',
      `${String(files.length)} scenarios are ${String(files.length + 1)} steps, and Buildkite takes 500 in one upload`,
      { next: 'Make several pipelines, and give each a build of its own.' },
    );
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined)
    throw new GamedayError('bad-input', `${twice} is given twice`, {
      next: 'Give each scenario once. To repeat a game day, start its build again.',
    });
  if ([...files, ...pairs].some(hasControlCharacter))
    throw new GamedayError(
      'bad-input',
      'a file or a --var contains a control character, such as a line end, which a step cannot hand on',
      { next: 'Rename the file, or set the variable in the environment of the steps.' },
    );
  if (queue !== null && !/^[A-Za-z0-9_.-]+$/.test(queue))
    throw new GamedayError('bad-input', '--queue is not the name of a queue', {
      next: 'Write it as --queue game-day.',
    });
}

/** What `gameday run` would refuse in the step is said here, before anything is uploaded. */
function explainMisfit(
  { file, scenario, secrets }: LoadedScenario,
  rig: boolean,
  pairs: readonly string[],
): readonly InputError[] {
  if (pairs.some((pair) => secrets.some((secret) => pair.includes(secret))))
    return [
      {
        ...{ message: 'a --var holds a secret of the scenario, and everybody can read a step', at: file },
        next: 'Set it in the environment of the agents, or as a secret of the pipeline.',
      },
    ];
  if (rig && scenario.rig === null)
    return [
      { message: 'the scenario names no rig file', at: file, next: 'Add `rig: FILE`, or leave out --rig.' },
    ];
  if (rig || scenario.control === null) return [];
  const message = '`control:` is allowed on the rig only: on real services a drill must pass';
  return [{ message, at: file, next: 'Give --rig, or remove `control:`.' }];
}

function requireShortCommands({ steps }: Pipeline): void {
  const longest = Math.max(...steps.map(({ command }) => Buffer.byteLength(command)));
  if (longest <= LONGEST_COMMAND) return;
  throw new GamedayError(
    'bad-input',
    `the command of the last step would have ${String(longest)} bytes, and an agent can pass on ${String(LONGEST_COMMAND)}`,
    { next: 'Make several pipelines of fewer scenarios, or give the files shorter paths.' },
  );
}
