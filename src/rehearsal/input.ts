import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GamedayError } from '../model/errors.ts';
import { OFFLINE } from '../preflight/documents.ts';
import type { Documents } from '../preflight/documents.ts';
import { secretsIn } from '../preflight/secret-values.ts';
import type { Asked, Unplayable } from './play.ts';
import { SHORTEST_JOB } from './job.ts';
import { formatDuration } from '../scenario/duration.ts';
import { readFiles } from '../preflight/files.ts';
import type { Given } from '../preflight/files.ts';
import type { Places } from '../preflight/report.ts';
import { placesOf, requireSubject } from '../preflight/service.ts';
import { chooseMachine } from './machine.ts';
import type { Chosen } from './machine.ts';
import type { RehearseFlags } from './options.ts';
import type { Runner } from '../cli/runner.ts';

/** The input of a rehearsal, read and chosen before anything is started. */
export interface Read {
  readonly asked: Asked;
  readonly chosen: Chosen;
  /** The pipeline's original text. */
  readonly pipelineText: string | null;
  /** What was assumed in reading the files. */
  readonly assumed: readonly string[];
  readonly places: Places;
  /** Makes the error for something that cannot be rehearsed, with its place in the file. */
  refusal(unplayable: Unplayable): GamedayError;
}

/** Reads the files and checks the machine. Throws bad-input. */
export async function readRehearsal(flags: RehearseFlags, runner: Runner): Promise<Read> {
  const { pipeline, step, dockerfile } = flags;
  const { 'task-definition': taskDefinition, 'image-config': imageConfig } = flags;
  const jobLength = flags['job-length'] ?? null;
  refuseShortJob(jobLength);
  if (step !== undefined && pipeline === undefined)
    throw new GamedayError('bad-input', '--step names a step of a pipeline, but no pipeline is given', {
      next: 'Give the pipeline with --pipeline FILE.',
    });
  const given = await readFiles({ taskDefinition, pipeline, imageConfig, dockerfile });
  const documents = documentsOf(given);
  runner.output.learn(secretsIn(documents));
  const { agent } = requireSubject({ documents, live: OFFLINE, container: flags.container });
  const chosen = chooseMachine(flags, agent.image, runner.environment);
  const config = chosen.configOf(flags.image ?? agent.image ?? '');
  return {
    asked: {
      documents:
        config === null
          ? documents
          : { ...documents, imageConfig: docOfImage(config, flags.image ?? agent.image) },
      container: agent.name,
      step,
      jobLength,
    },
    chosen,
    assumed: given.assumed.map(({ said }) => said),
    places: placesOf(given.texts, documents),
    pipelineText: given.texts.pipeline?.text ?? null,
    refusal: (unplayable) => refusalOf(unplayable, given),
  };
}

function docOfImage(
  value: NonNullable<ReturnType<Chosen['configOf']>>,
  image: string | null,
): Documents['imageConfig'] {
  return { value, base: [], name: `image ${image ?? ''}` };
}

function documentsOf({ documents }: Given): Documents {
  const { taskDefinition } = documents;
  if (taskDefinition === null) throw new Error('the task definition was not read');
  return { ...documents, taskDefinition };
}

function refuseShortJob(jobLength: number | null): void {
  if (jobLength === null || jobLength >= SHORTEST_JOB) return;
  const message = `--job-length ${formatDuration(jobLength)} is too short: the step may end before the injection`;
  throw new GamedayError('bad-input', message, {
    next: `Give ${String(SHORTEST_JOB / 1000)} s or more; a worker that drains such a step also drains a shorter one.`,
  });
}

function refusalOf({ document, path, why, next }: Unplayable, { documents, texts }: Given): GamedayError {
  const doc = documents[document];
  const place = texts[document]?.place([...(doc?.base ?? []), ...path]);
  const name = doc?.name ?? basename(document);
  return new GamedayError('bad-input', why, { at: place === undefined ? name : `${name}:${place}`, next });
}

/** Task definitions that gameday ships, by name; they lie at the same distance from here and from a chunk in dist. */
const SHIPPED: Readonly<Record<string, string>> = {
  '@incident': '../../scenarios/incident/before.json',
  '@incident-fixed': '../../scenarios/incident/after.json',
};

const HOW =
  'aws ecs describe-task-definition --task-definition FAMILY > task.json, then: gameday rehearse task.json. To see one without a file of your own: gameday rehearse @incident.';

/**
 * The file of the task definition: the argument, else --task-definition, else the environment's. Throws bad-input for none, for
 * two, and for a name that is not shipped.
 */
export function definitionFileOf(
  argument: string | undefined,
  flag: string | undefined,
  fromEnvironment: string | undefined,
): string {
  if (argument !== undefined && flag !== undefined && flag !== fromEnvironment)
    throw new GamedayError(
      'bad-input',
      `two task definitions are given: ${argument}, and --task-definition ${flag}`,
      { next: 'Give one of them; both mean the same.' },
    );
  const file = argument ?? flag;
  if (file === undefined) throw new GamedayError('bad-input', 'no task definition is given', { next: HOW });
  if (file === '-') return '/dev/stdin';
  if (!file.startsWith('@')) return file;
  const shipped = SHIPPED[file];
  if (shipped !== undefined) return fileURLToPath(new URL(shipped, import.meta.url));
  throw new GamedayError('bad-input', `gameday ships no task definition with the name ${file.slice(1)}`, {
    next: `There are ${Object.keys(SHIPPED).join(' and ')}; they are not scenarios, which \`gameday run --rig\` takes.`,
  });
}
