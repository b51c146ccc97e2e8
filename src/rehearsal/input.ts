import { basename } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { OFFLINE } from '../preflight/documents.ts';
import type { Documents } from '../preflight/documents.ts';
import { secretsIn } from '../preflight/secret-values.ts';
import type { Asked, Unplayable } from './play.ts';
import { SHORTEST_JOB } from './job.ts';
import { parseDuration } from '../scenario/duration.ts';
import { readFiles } from '../preflight/files.ts';
import type { Given } from '../preflight/files.ts';
import { subjectIn } from '../preflight/service.ts';
import { chooseMachine } from './machine.ts';
import type { Chosen } from './machine.ts';
import type { Runner } from '../cli/runner.ts';

/** What the command line says; a flag that was not given is undefined. */
export interface RehearseOptions {
  readonly taskDefinition: string;
  readonly pipeline: string | undefined;
  readonly step: string | undefined;
  readonly jobLength: string | undefined;
  readonly container: string | undefined;
  readonly image: string | undefined;
  readonly imageConfig: string | undefined;
  readonly programs: string | undefined;
  readonly agent: string | undefined;
  readonly executor: string | undefined;
  /** It was agreed to beforehand. */
  readonly yes: boolean;
  readonly out: string;
}

/** Everything that was read and chosen, before anything is started. */
export interface Read {
  readonly asked: Asked;
  readonly chosen: Chosen;
  /** The pipeline's own text. */
  readonly pipelineText: string | null;
  /** The error that says what cannot be played, with its place in the file. */
  refusal(unplayable: Unplayable): GamedayError;
}

/** Reads the files and looks at the machine. Throws bad-input. */
export async function readRehearsal(options: RehearseOptions, runner: Runner): Promise<Read> {
  const { taskDefinition, pipeline, imageConfig, step } = options;
  const jobLength = jobLengthOf(options.jobLength);
  if (step !== undefined && pipeline === undefined)
    throw new GamedayError('bad-input', '--step names a step of a pipeline, and none is given', {
      next: 'Give the pipeline with --pipeline FILE.',
    });
  const given = await readFiles({ taskDefinition, pipeline, imageConfig });
  const documents = documentsOf(given);
  runner.output.learn(secretsIn(documents));
  const { agent } = subjectIn({ documents, live: OFFLINE, container: options.container });
  const chosen = chooseMachine(options, agent.image, runner.environment);
  const config = chosen.configOf(options.image ?? agent.image ?? '');
  return {
    asked: {
      documents:
        config === null
          ? documents
          : { ...documents, imageConfig: ofEngine(config, options.image ?? agent.image) },
      container: agent.name,
      step,
      jobLength,
    },
    chosen,
    pipelineText: given.texts.pipeline?.text ?? null,
    refusal: (unplayable) => refusalOf(unplayable, given),
  };
}

function ofEngine(
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

function jobLengthOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseDuration(text);
  if (ms === null)
    throw new GamedayError('bad-input', `--job-length ${text} is no duration`, {
      next: 'Write it as 45s, 5m or 1h30m.',
    });
  if (ms >= SHORTEST_JOB) return ms;
  throw new GamedayError('bad-input', `--job-length ${text} is too short: a strike is not sure to meet it`, {
    next: `Give ${String(SHORTEST_JOB / 1000)} s or more; whatever is shorter drains where that does.`,
  });
}

function refusalOf({ document, path, why, next }: Unplayable, { documents, texts }: Given): GamedayError {
  const doc = documents[document];
  const place = texts[document]?.place([...(doc?.base ?? []), ...path]);
  const name = doc?.name ?? basename(document);
  return new GamedayError('bad-input', why, { at: place === undefined ? name : `${name}:${place}`, next });
}
