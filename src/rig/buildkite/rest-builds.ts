import type { Context, Hono } from 'hono';
import { addressOf } from './artifacts.ts';
import { bodyOf, textField } from './body.ts';
import type { Book } from './book.ts';
import * as builds from './builds.ts';
import type { Build, Pipeline, World } from './model.ts';
import { missing, notModelled } from './rest-answers.ts';
import { annotationDocument, artifactDocument, buildDocument, pipelineDocument } from './rest-documents.ts';
import type { Shown } from './rest-documents.ts';
import { asksForBuild, pageOf, refusedBuildFilter } from './rest-lists.ts';

const PIPELINE = '/organizations/:org/pipelines/:pipeline';
const BUILD = `${PIPELINE}/builds/:number`;

/** What a new build may be given; `clean_checkout` and `ignore_pipeline_branch_filters` mean nothing to the rig, which has neither. */
const FIELDS: readonly string[] = [
  ...['branch', 'commit', 'message', 'author', 'env', 'meta_data'],
  ...['clean_checkout', 'ignore_pipeline_branch_filters'],
];

/** Pipelines and builds: what `bk build list`, `view`, `create` and `cancel` ask for. */
export function addBuildRoutes(api: Hono, world: World, book: Book): void {
  addReads(api, world, book);
  api.post(`${PIPELINE}/builds`, async (c) => {
    book.count(`POST /v2${PIPELINE}/builds`);
    const pipeline = pipelineOf(world, c);
    if (pipeline === undefined) return missing(c, 'No pipeline found');
    const body = await bodyOf(c);
    const other = Object.keys(body).find((name) => !FIELDS.includes(name));
    if (other !== undefined) return notModelled(c, `the field "${other}" of`);
    if (textField(body, 'commit') === undefined || textField(body, 'branch') === undefined)
      return c.json({ message: 'Validation failed: a build needs a commit and a branch' }, 422);
    return c.json(documentOf(world, c, builds.createBuild(world, pipeline, newBuild(world, body))), 201);
  });
  api.put(`${BUILD}/cancel`, (c) => {
    book.count(`PUT /v2${BUILD}/cancel`);
    const build = buildOf(world, c);
    if (build === undefined) return missing(c, 'No build found');
    try {
      builds.cancelBuild(world, build, world.users.operator, null);
    } catch (error) {
      if (error instanceof builds.NotPossible) return c.json({ message: error.message }, 422);
      throw error;
    }
    return c.json(documentOf(world, c, build));
  });
}

function addReads(api: Hono, world: World, book: Book): void {
  const get = (path: string, answer: (c: Context) => Response): void => {
    api.get(path, (c) => {
      book.count(`GET /v2${path}`);
      return answer(c);
    });
  };
  const ofBuild = (path: string, answer: (c: Context, build: Build) => Response): void =>
    get(path, (c) => {
      const build = buildOf(world, c);
      return build === undefined ? missing(c, 'No build found') : answer(c, build);
    });
  get('/organizations/:org/pipelines', (c) => {
    if (!isOrganization(world, c)) return missing(c, 'No organization found');
    return c.json(pageOf(c, world.pipelines).map((pipeline) => pipelineDocument(world, pipeline)));
  });
  get(PIPELINE, (c) => {
    const pipeline = pipelineOf(world, c);
    return pipeline === undefined
      ? missing(c, 'No pipeline found')
      : c.json(pipelineDocument(world, pipeline));
  });
  get('/organizations/:org/builds', (c) => {
    if (!isOrganization(world, c)) return missing(c, 'No organization found');
    return listOf(world, c, [...world.builds.values()]);
  });
  get(`${PIPELINE}/builds`, (c) => {
    const pipeline = pipelineOf(world, c);
    return pipeline === undefined ? missing(c, 'No pipeline found') : listOf(world, c, pipeline.builds);
  });
  ofBuild(BUILD, (c, build) => c.json(documentOf(world, c, build)));
  ofBuild(`${BUILD}/artifacts`, (c, build) =>
    c.json(pageOf(c, build.artifacts).map((one) => artifactDocument(addressOfBuild(world, build), one))),
  );
  ofBuild(`${BUILD}/artifacts/:artifact/download`, (c, build) => {
    const artifact = build.artifacts.find(({ uuid }) => uuid === c.req.param('artifact'));
    if (artifact === undefined) return missing(c, 'No artifact found');
    const url = addressOf(world, artifact);
    return c.json({ url }, 302, { location: url });
  });
  ofBuild(`${BUILD}/annotations`, (c, build) =>
    c.json(pageOf(c, build.annotations).map((annotation) => annotationDocument(annotation))),
  );
}

function addressOfBuild(world: World, { pipeline, number }: Build): string {
  return `${world.url}/v2/organizations/${world.organization.slug}/pipelines/${pipeline.slug}/builds/${number}`;
}

/** The newest first. */
function listOf(world: World, c: Context, all: readonly Build[]): Response {
  const refused = refusedBuildFilter(c);
  if (refused !== undefined) return refused;
  const found = all
    .filter(asksForBuild(c))
    .toSorted((a, b) => b.createdAt - a.createdAt || b.number - a.number);
  return c.json(pageOf(c, found).map((build) => documentOf(world, c, build)));
}

function documentOf(world: World, c: Context, build: Build): unknown {
  const isOn = (name: string): boolean => c.req.query(name) === 'true';
  const shown: Shown = {
    retriedJobs: isOn('include_retried_jobs'),
    jobs: !isOn('exclude_jobs'),
    pipeline: !isOn('exclude_pipeline'),
  };
  return buildDocument(world, build, shown);
}

function newBuild(world: World, body: Readonly<Record<string, unknown>>): builds.NewBuild {
  const author = entriesOf(body['author']);
  const { name = '', email = '' } = Object.fromEntries(author);
  return {
    branch: textField(body, 'branch') ?? null,
    commit: textField(body, 'commit') ?? null,
    message: textField(body, 'message') ?? null,
    author: name === '' && email === '' ? null : { name, email },
    env: Object.fromEntries(entriesOf(body['env'])),
    metaData: entriesOf(body['meta_data']).map(([key, value]) => ({ key, value })),
    source: 'api',
    createdBy: world.users.operator,
  };
}

function entriesOf(value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, entry]) => [key, String(entry)] as const);
}

function isOrganization(world: World, c: Context): boolean {
  return c.req.param('org') === world.organization.slug;
}

function pipelineOf(world: World, c: Context): Pipeline | undefined {
  if (!isOrganization(world, c)) return undefined;
  return world.pipelines.find(({ slug }) => slug === c.req.param('pipeline'));
}

function buildOf(world: World, c: Context): Build | undefined {
  return pipelineOf(world, c)?.builds.find(({ number }) => String(number) === c.req.param('number'));
}
