import type { Shard } from './shards.ts';
import { plainText, quoteWord, variableOf } from './shell.ts';

/** What is asked of the pipeline beside its shards. */
export interface Choice {
  readonly queue: string | null;
  readonly rig: boolean;
  /** `NAME=value`, handed on to each drill. */
  readonly variables: readonly string[];
}

/** A pipeline as `buildkite-agent pipeline upload` reads it. */
export interface Pipeline {
  readonly steps: readonly Step[];
}

type Step = Readonly<Record<string, unknown>> & { readonly key: string; readonly command: string };

/** The folder of the shards' artifacts: `SHARD/ATTEMPT/JOB/`, so that no attempt overwrites another. */
const FOLDER = 'gameday-shards';
/** The document that a shard writes when it has come to its end. */
const DOCUMENT = 'game-day.json';
/** Buildkite's keys are unique in a build: a second upload of this pipeline is refused. */
const KEY = 'game-day';

/** A step for each shard, and the one that merges their results. */
export function makePipeline(shards: readonly Shard[], choice: Choice): Pipeline {
  return { steps: [...shards.map((shard) => shardStep(shard, choice)), mergeStep(shards, choice)] };
}

function shardStep(shard: Shard, choice: Choice): Step {
  const { rig, variables } = choice;
  const words = [
    ...['gameday', 'run', safeFile(shard.file), rig ? '--rig' : '--yes'],
    ...variables.flatMap((pair) => ['--var', pair]),
  ];
  const out = `"${variableOf('out')}"`;
  const path = [FOLDER, shard.number, variableOf('BUILDKITE_RETRY_COUNT'), variableOf('BUILDKITE_JOB_ID')];
  return {
    key: `${KEY}-${String(shard.number)}`,
    label: `:boom: ${plainText(shard.title)}`,
    command: [
      // What an earlier build left in this checkout is no artifact of this one.
      `rm -rf ${FOLDER}`,
      `out="${path.join('/')}"`,
      `mkdir -p ${out}`,
      `${words.map(quoteWord).join(' ')} --out ${out} --reporter json=${out}/${DOCUMENT}`,
    ].join('\n'),
    ...agentsOf(choice),
    concurrency: 1,
    concurrency_group: plainText(shard.group),
    ...(shard.after === null
      ? {}
      : { depends_on: [`${KEY}-${String(shard.after)}`], allow_dependency_failure: true }),
    artifact_paths: [`${FOLDER}/${String(shard.number)}/**/*`],
    // Inconclusive alone: no other answer becomes another one by asking again, and after a lost agent nobody knows what was sent.
    ...(shard.mayRetry ? { retry: { automatic: [{ exit_status: 11, limit: 2 }] } } : {}),
  };
}

function mergeStep(shards: readonly Shard[], choice: Choice): Step {
  const words = [
    ...['gameday', 'merge', FOLDER, ...(choice.rig ? ['--rig'] : [])],
    ...shards.flatMap(({ file }) => ['--shard', safeFile(file)]),
  ];
  return {
    key: `${KEY}-merge`,
    label: ':boom: game day',
    command: [
      `rm -rf ${FOLDER}`,
      `mkdir ${FOLDER}`,
      // Attempts that were retried count too. If nothing can be downloaded, the merge says what is missing.
      `buildkite-agent artifact download --include-retried-jobs '${FOLDER}/**/*' . || true`,
      `${words.map(quoteWord).join(' ')} --reporter json=${DOCUMENT}`,
    ].join('\n'),
    ...agentsOf(choice),
    depends_on: shards.map(({ number }) => `${KEY}-${String(number)}`),
    allow_dependency_failure: true,
    artifact_paths: [DOCUMENT],
    // It reads and judges, and changes nothing.
    retry: { automatic: [{ exit_status: -1, limit: 2 }] },
  };
}

/** A file whose name begins with a dash is no flag. */
function safeFile(file: string): string {
  return file.startsWith('-') ? `./${file}` : file;
}

function agentsOf({ queue }: Choice): Readonly<Record<string, unknown>> {
  return queue === null ? {} : { agents: { queue } };
}
