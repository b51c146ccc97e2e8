import { GamedayError } from '../model/errors.ts';

/** What the files are made from. */
export interface Answers {
  readonly cluster: string;
  readonly service: string;
  readonly organization: string;
  readonly pipeline: string;
  readonly step: string;
  /** Null: the environment of whoever runs the drill says it. */
  readonly region: string | null;
  /** The queue of the agents that run gameday in CI. */
  readonly queue: string;
}

/** What was given beforehand. */
export interface Given {
  readonly cluster?: string | undefined;
  readonly service?: string | undefined;
  /** `ORG/SLUG`, or a slug of `organization`. */
  readonly pipeline?: string | undefined;
  readonly step?: string | undefined;
  readonly organization: string | null;
  readonly region: string | null;
  readonly queue: string;
}

/** Asks a person; each answer is never empty. */
export interface Questions {
  text(message: string, example: string): Promise<string>;
  choose(message: string, names: readonly string[]): Promise<string>;
}

/** Names that the services list; null where they cannot be listed. */
export interface Listings {
  clusters(): Promise<readonly string[] | null>;
  services(cluster: string): Promise<readonly string[] | null>;
  pipelines(organization: string): Promise<readonly string[] | null>;
  /** Keys of the pipeline's steps that run commands. */
  steps(organization: string, pipeline: string): Promise<readonly string[] | null>;
}

/** Completes what was given: by asking, or, where nobody can be asked, by what there is one of. Throws bad-input with all that is missing. */
export async function completeAnswers(
  given: Given,
  questions: Questions | null,
  listings: Listings,
): Promise<Answers> {
  if (questions === null) requireGiven(given);
  const { region, queue } = given;
  const cluster =
    given.cluster ?? (await pick(questions, 'Cluster', 'build-prod', await listings.clusters()));
  const service =
    given.service ??
    (await pick(questions, 'Service of the workers', 'build-agents', await listings.services(cluster)));
  const { organization, pipeline } = await completePipeline(given, questions, listings);
  const step = given.step ?? (await completeStep(await listings.steps(organization, pipeline), questions));
  return { cluster, service, organization, pipeline, step, region, queue };
}

async function completePipeline(
  { pipeline, organization }: Given,
  questions: Questions | null,
  listings: Listings,
): Promise<Pick<Answers, 'organization' | 'pipeline'>> {
  const of = splitPipeline(pipeline);
  const found = of.organization ?? organization;
  if (of.pipeline !== null) {
    if (found !== null) return { organization: found, pipeline: of.pipeline };
    return {
      organization: await pick(questions, 'Buildkite organization', 'acme', null),
      pipeline: of.pipeline,
    };
  }
  const asked = found ?? (await pick(questions, 'Buildkite organization', 'acme', null));
  const chosen = await pick(questions, 'Pipeline', 'canary', await listings.pipelines(asked));
  return { organization: asked, pipeline: chosen };
}

/** The one step there is, or the one that a person chooses. */
async function completeStep(keys: readonly string[] | null, questions: Questions | null): Promise<string> {
  const [only] = keys ?? [];
  if (only !== undefined && keys?.length === 1) return only;
  if (questions !== null) return pick(questions, 'Step whose worker is stopped', 'tests', keys);
  const known = keys === null || keys.length === 0 ? '' : ` Its steps are ${keys.join(', ')}.`;
  throw new GamedayError('bad-input', 'no step is named', {
    next: `Give the key of the step whose worker is stopped: --step KEY.${known}`,
  });
}

async function pick(
  questions: Questions | null,
  message: string,
  example: string,
  names: readonly string[] | null,
): Promise<string> {
  if (questions === null) throw new Error(`nobody can be asked for: ${message}`);
  return names === null || names.length === 0
    ? questions.text(message, example)
    : questions.choose(message, names);
}

function splitPipeline(given: string | undefined): {
  readonly organization: string | null;
  readonly pipeline: string | null;
} {
  if (given === undefined) return { organization: null, pipeline: null };
  const parts = given.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || parts.includes(''))
    throw new GamedayError('bad-input', `--pipeline "${given}" is not ORG/SLUG`, {
      next: "Write it as in the pipeline's address: --pipeline acme/canary.",
    });
  return second === undefined
    ? { organization: null, pipeline: first }
    : { organization: first, pipeline: second };
}

function requireGiven({ cluster, service, pipeline, organization }: Given): void {
  const of = splitPipeline(pipeline);
  const missing = [
    ...(cluster === undefined ? ['--cluster NAME'] : []),
    ...(service === undefined ? ['--service NAME'] : []),
    ...(of.pipeline === null || (of.organization ?? organization) === null ? ['--pipeline ORG/SLUG'] : []),
  ];
  if (missing.length === 0) return;
  throw new GamedayError(
    'bad-input',
    `there is no terminal to ask at, and these are missing: ${missing.join(', ')}`,
    { next: 'Give them, or run it on a terminal. Nothing was written.' },
  );
}
