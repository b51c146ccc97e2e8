import type { Context, Hono } from 'hono';
import { withJob } from './agent-auth.ts';
import { annotate, explainRefusedAnnotation } from './annotations.ts';
import { addArtifactRoutes } from './artifacts.ts';
import { bodyOf, textField } from './body.ts';
import type { Book } from './book.ts';
import { addSteps } from './builds.ts';
import { addEvent } from './jobs.ts';
import type { Agent, Build, Job, World } from './model.ts';
import { BadPipelineFile, parsePipeline } from './pipeline-file.ts';
import { advance } from './progress.ts';
import type { Step } from './steps.ts';

/** The calls that a running job makes: log, meta-data, annotations, artifacts, pipeline upload. */
export function addAgentDataRoutes(api: Hono, world: World, book: Book): void {
  withJob(api, world, book, 'post', '/jobs/:id/chunks', async (c, job) => {
    const body = Buffer.from(await c.req.arrayBuffer());
    job.chunks.push({ sequence: Number(c.req.query('sequence') ?? 0), body });
    return c.json({}, 201);
  });
  withJob(api, world, book, 'post', '/jobs/:id/header_times', (c) => c.json({}));
  withJob(api, world, book, 'post', '/jobs/:id/annotations', async (c, job) => {
    const body = await bodyOf(c);
    const wish = {
      body: textField(body, 'body') ?? '',
      context: textField(body, 'context') ?? 'default',
      style: (textField(body, 'style') ?? 'default').toUpperCase(),
      append: body['append'] === true,
      priority: Number(body['priority'] ?? 3),
      scope: body['scope'] === 'job' ? ('JOB' as const) : ('BUILD' as const),
    };
    const why = explainRefusedAnnotation(wish);
    if (why !== null) return c.json({ message: why }, 400);
    annotate(world, job.build, wish);
    return c.json({}, 201);
  });
  withJob(api, world, book, 'delete', '/jobs/:id/annotations/:context', (c, job) => {
    const { annotations } = job.build;
    const index = annotations.findIndex(({ context }) => context === c.req.param('context'));
    if (index === -1) return c.json({ message: 'Not found' }, 404);
    annotations.splice(index, 1);
    return c.json({});
  });
  addMetaDataRoutes(api, world, book);
  addSecretRoutes(api, world, book);
  addArtifactRoutes(api, world, book);
  withJob(api, world, book, 'post', '/jobs/:id/pipelines', (c, job, agent) => upload(c, world, job, agent));
}

function addMetaDataRoutes(api: Hono, world: World, book: Book): void {
  withJob(api, world, book, 'post', '/jobs/:id/data/set', async (c, job) => {
    const body = await bodyOf(c);
    job.build.metaData.set(textField(body, 'key') ?? '', textField(body, 'value') ?? '');
    return c.json({});
  });
  withJob(api, world, book, 'post', '/jobs/:id/data/get', async (c, job) => {
    const key = textField(await bodyOf(c), 'key') ?? '';
    const value = job.build.metaData.get(key);
    return value === undefined ? c.json({ message: `No key "${key}" found` }, 404) : c.json({ key, value });
  });
  withJob(api, world, book, 'post', '/jobs/:id/data/exists', async (c, job) =>
    c.json({ exists: job.build.metaData.has(textField(await bodyOf(c), 'key') ?? '') }),
  );
  withJob(api, world, book, 'post', '/jobs/:id/data/keys', (c, job) =>
    c.json([...job.build.metaData.keys()]),
  );
}

/** What a job may know: secrets of the rig file, and a token that shows who it is. */
function addSecretRoutes(api: Hono, world: World, book: Book): void {
  withJob(api, world, book, 'get', '/jobs/:id/secrets', (c) => {
    // The name's case does not matter (`buildkite-agent secret get --help`).
    const key = (c.req.query('key') ?? '').toUpperCase();
    const secret = world.secrets.get(key);
    if (secret === undefined) return c.json({ message: `secret ${key} not found` }, 404);
    return c.json({ key, value: secret.value, uuid: secret.uuid });
  });
  withJob(api, world, book, 'post', '/jobs/:id/oidc/tokens', async (c, job) => {
    const body = await bodyOf(c);
    const lifetime = typeof body['lifetime'] === 'number' ? body['lifetime'] : undefined;
    return c.json({ token: world.issuer.issue(world, job, textField(body, 'audience'), lifetime) });
  });
}

async function upload(c: Context, world: World, job: Job, agent: Agent): Promise<Response> {
  const body = await bodyOf(c);
  if (body['replace'] === true) return c.json({ message: '"replace" is not modelled by the rig' }, 422);
  try {
    const steps = parsePipeline(JSON.stringify(body['pipeline'] ?? null), 'pipeline upload');
    const why = explainRefusedUpload(job.build, steps);
    if (why !== null) return c.json({ message: why }, 422);
    addSteps(world, job.build, steps, job.stepUuid);
  } catch (error) {
    if (error instanceof BadPipelineFile) return c.json({ message: error.message }, 422);
    throw error;
  }
  addEvent(world, job, 'BUILD_STEP_UPLOAD_CREATED', { type: 'AGENT', agent });
  advance(world, job.build);
  return c.json({}, 200);
}

/** Buildkite takes so many jobs in one upload. */
const MOST_JOBS = 500;

/** Why Buildkite does not take these steps into the build (BK-57). */
function explainRefusedUpload({ steps: before }: Build, steps: readonly Step[]): string | null {
  const jobs = steps.map((step) =>
    step.kind === 'command' ? (step.parallelism ?? 1) * Math.max(1, step.matrix.length) : 1,
  );
  const count = jobs.reduce((sum, one) => sum + one, 0);
  if (count > MOST_JOBS)
    return `The pipeline has ${count} jobs; at most ${MOST_JOBS} can be created in one upload`;
  const taken = new Set(before.map(({ step }) => step.key));
  const twice = steps.find(({ key }) => key !== null && taken.has(key));
  return twice === undefined
    ? null
    : `The key "${twice.key}" has already been used by another step in this build`;
}
