import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { Replica } from '../replica.ts';
import { act } from './actions.ts';
import { agentApi } from './agent-api.ts';
import { sweep } from './agents.ts';
import { openBook } from './book.ts';
import type { Book } from './book.ts';
import { startTriggered } from './builds.ts';
import { graphqlEndpoint } from './graphql.ts';
import { Issuer } from './identity.ts';
import { keepIdleAgents } from './idle-agents.ts';
import type { IdleAgents } from './idle-agents.ts';
import { layDownHistory } from './history.ts';
import { layDownPast } from './past.ts';
import type { PlantedPast } from './past.ts';
import { layDownOnWorkers } from './history-on-workers.ts';
import type { PastStep } from './history.ts';
import { newToken, newUuid } from './ids.ts';
import { readKnobs } from './knobs.ts';
import { limitsOf, openBudgets } from './limits.ts';
import type { Limits } from './limits.ts';
import { serverNow } from './model.ts';
import type { Pipeline, World } from './model.ts';
import { BadPipelineFile, parsePipeline } from './pipeline-file.ts';
import { restApi } from './rest.ts';
import { copyWorld } from './world-copy.ts';

const SWEEP_EVERY_MS = 250;
const STANDSTILL_MS = 500;

/** One pipeline of the rig file. */
export interface PipelineOptions {
  readonly slug: string;
  readonly stepsFile: string;
  /** `main` where the file names none. */
  readonly defaultBranch?: string;
  readonly cancelIntermediateBuilds?: boolean;
  readonly skipIntermediateBuilds?: boolean;
  /** Builds that were over before the rig began. */
  readonly history?: readonly PastStep[];
  /** Others, in which agents were lost. */
  readonly past?: PlantedPast | undefined;
}

/** What the rig's main starts this half with. */
export interface BuildkiteOptions {
  readonly organization: string;
  readonly pipelines: readonly PipelineOptions[];
  readonly lostAfterMs: number;
  readonly knobs: Record<string, unknown>;
  readonly limits?: Partial<Limits>;
  /** Buildkite secrets by name; null is the API token of the rig. */
  readonly secrets?: Readonly<Record<string, string | null>>;
  /** Whether anybody has ordered a stop yet; this half cannot see that by itself. */
  readonly stopOrdered?: () => boolean;
}

/** The rig's Buildkite, running. */
export interface BuildkiteRig {
  readonly url: string;
  readonly apiToken: string;
  readonly agentToken: string;
  /** Emits `event` with `{ at, event, ... }`. */
  readonly events: EventEmitter;
  counts(): Record<string, number>;
  foreign(): number;
  /** Registers an agent that runs no process and takes no job. */
  readonly joinIdly: IdleAgents['join'];
  /** Lays down the past jobs of the agents that are there now; to be called once, when all have come. */
  layDownOnWorkers(): void;
  do(action: { do: string } & Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts GraphQL at /graphql, REST at /v2 and the Agent API at /v3, on loopback, on a free port. */
export async function startBuildkite(options: BuildkiteOptions): Promise<BuildkiteRig> {
  const world = newWorld(options);
  const histories = world.pipelines.map((pipeline) => ({
    pipeline,
    history: options.pipelines.find(({ slug }) => slug === pipeline.slug)?.history ?? [],
  }));
  for (const { slug, past } of options.pipelines) {
    const pipeline = world.pipelines.find((one) => one.slug === slug);
    if (past !== undefined && pipeline !== undefined) layDownPast(world, pipeline, past);
  }
  for (const { pipeline, history } of histories) layDownHistory(world, pipeline, history);
  const book = openBook();
  const stopOrdered = options.stopOrdered ?? ((): boolean => false);
  const replica = new Replica(world.knobs.replicaLag, () => copyWorld(world), stopOrdered);
  const server = createAdaptorServer({ fetch: routes(world, book, options, replica).fetch });
  world.url = await new Promise<string>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port to listen on'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
  const sweeper = startSweeper(world);
  const idle = keepIdleAgents(world);
  return {
    url: world.url,
    apiToken: world.apiToken,
    agentToken: world.agentToken,
    events: world.events,
    counts: () => book.counts(),
    foreign: () => book.foreign(),
    joinIdly: (wish) => idle.join(wish),
    layDownOnWorkers: () => layDownOnWorkers(world, histories),
    // What a verb throws is the caller's to catch as a rejection.
    do: (action) => Promise.resolve().then(() => act(world, action)),
    close: () => {
      clearInterval(sweeper);
      idle.close();
      replica.close();
      for (const job of world.jobs.values()) if (job.timeout !== null) clearTimeout(job.timeout);
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}

function startSweeper(world: World): NodeJS.Timeout {
  let last = Date.now();
  return setInterval(() => {
    const late = Date.now() - last - SWEEP_EVERY_MS;
    last = Date.now();
    sweep(world, late > STANDSTILL_MS ? late : 0);
  }, SWEEP_EVERY_MS);
}

function routes(world: World, book: Book, options: BuildkiteOptions, replica: Replica<World>): Hono {
  const budgets = openBudgets({ ...limitsOf(world.knobs.userPoints), ...options.limits });
  const app = new Hono();
  app.use('*', async (c, next) => {
    await next();
    c.header('Date', new Date(serverNow(world)).toUTCString());
  });
  app.post('/graphql', graphqlEndpoint(world, book, budgets, replica));
  app.route('/v2', restApi(world, book, budgets));
  app.route('/v3', agentApi(world, book));
  app.get('/.well-known/jwks', (c) => c.json(world.issuer.keys()));
  app.notFound((c) => c.json({ message: 'Not Found' }, 404));
  app.onError((error, c) => c.json({ message: `The rig failed: ${error.message}` }, 500));
  return app;
}

function newWorld(options: BuildkiteOptions): World {
  const knobs = readKnobs(options.knobs);
  const now = Date.now() + knobs.clockOffsetMs;
  const pipelines = options.pipelines.map((pipeline) => readPipeline(pipeline, now));
  checkTriggers(pipelines);
  const apiToken = newToken('bkua');
  return {
    organization: { uuid: newUuid(), slug: options.organization },
    pipelines,
    agents: new Map(),
    sessions: new Map(),
    jobs: new Map(),
    builds: new Map(),
    hostClocks: new Map(),
    users: {
      operator: { uuid: newUuid(), name: 'API user', email: 'api-user@rig.invalid' },
      colleague: { uuid: newUuid(), name: 'Another user', email: 'another-user@rig.invalid' },
    },
    knobs,
    lostAfterMs: options.lostAfterMs,
    events: new EventEmitter(),
    apiToken,
    secrets: new Map(
      Object.entries(options.secrets ?? {}).map(([name, value]) => [
        name.toUpperCase(),
        { uuid: newUuid(), value: value ?? apiToken },
      ]),
    ),
    issuer: new Issuer(),
    agentToken: newToken('bkar'),
    startTriggered,
    url: '',
    nextInQueue: 1,
  };
}

function checkTriggers(pipelines: readonly Pipeline[]): void {
  for (const { slug, steps } of pipelines) {
    for (const step of steps) {
      if (step.kind !== 'trigger' || pipelines.some((other) => other.slug === step.pipeline)) continue;
      throw new BadPipelineFile(
        `pipeline "${slug}" triggers "${step.pipeline}", and there is no such pipeline`,
      );
    }
  }
}

function readPipeline(options: PipelineOptions, createdAt: number): Pipeline {
  const yaml = textOf(options.stepsFile);
  return {
    uuid: newUuid(),
    slug: options.slug,
    steps: parsePipeline(yaml, options.stepsFile),
    yaml,
    createdAt,
    defaultBranch: options.defaultBranch ?? 'main',
    cancelIntermediateBuilds: options.cancelIntermediateBuilds ?? false,
    skipIntermediateBuilds: options.skipIntermediateBuilds ?? false,
    builds: [],
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new BadPipelineFile(`${file}: cannot be read (${why})`);
  }
}
