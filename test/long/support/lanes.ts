import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createEcsClient } from '../../../src/ecs/client.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/replay.ts';
import { pathWithoutAgent } from '../../e2e/support/agents.ts';
import { EXEC, taskDefinition } from '../../e2e/support/files.ts';
import { jobsSeen } from '../../e2e/support/gates.ts';
import type { Opens } from '../../e2e/support/gates.ts';
import { exportsIn, startCli } from '../../support/cli.ts';
import type { Cli } from '../../support/cli.ts';
import { until } from '../../support/until.ts';

/** A pipeline, a service and a queue of its own, so that its drills and those of its neighbours never meet. */
export interface Lane {
  readonly name: string;
  readonly folder: string;
  readonly scenario: string;
}

/** A rig that is up, and its lanes. */
export interface Road {
  readonly folder: string;
  readonly lanes: readonly Lane[];
  readonly env: Readonly<Record<string, string>>;
  counts(): Promise<Counts>;
  /** Waits until the lane's service and builds are settled, so that the next drill may begin. */
  settled(lane: Lane): Promise<void>;
  /** Lets every job go on that a journal names. */
  release(events: readonly DrillEvent[]): Promise<void>;
  close(): Promise<void>;
}

const Counts = z.object({
  ecs: z.record(z.string(), z.number()),
  buildkite: z.record(z.string(), z.number()),
  stopTaskLanded: z.record(z.string(), z.number()),
  foreign: z.number(),
});
export type Counts = z.infer<typeof Counts>;

/** How a rig of lanes differs from one where all is well. */
export interface RoadOptions {
  readonly lanes: number;
  readonly workers?: number;
  readonly rig?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, string>>;
  /** Sections of the scenario in place of the usual ones. */
  readonly scenario?: Readonly<Record<string, unknown>>;
  /** Workers live on hosts with room for one each, of which one more than needed is there. */
  readonly onHosts?: boolean;
}

/** Writes rig, pipelines and scenarios, and starts `gameday rig up`. A step waits for a gate of its job's name. */
export async function openRoad(folder: string, options: RoadOptions): Promise<Road> {
  const names = Array.from({ length: options.lanes }, (_none, index) => `lane-${String(index + 1)}`);
  await mkdir(join(folder, 'gates'));
  await writeJson(join(folder, 'rig.yaml'), rigOf(names, options));
  const lanes = await Promise.all(names.map((name) => writeLane(folder, name, options)));
  const up = startCli(['rig', 'up', join(folder, 'rig.yaml')], folder, {
    PATH: pathWithoutAgent(),
    TMPDIR: folder,
  });
  await up.said('The rig runs');
  const env = { ...exportsIn(up.stdout()), TMPDIR: folder, GAMEDAY_STATE_DIR: join(folder, 'state') };
  return roadOf(folder, lanes, env, up);
}

function roadOf(folder: string, lanes: readonly Lane[], env: Record<string, string>, up: Cli): Road {
  const ecs = createEcsClient({
    region: env['AWS_REGION'] ?? '',
    endpoint: env['AWS_ENDPOINT_URL_ECS'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    allowInsecure: false,
    loopbackOnly: true,
  });
  const never = new AbortController().signal;
  return {
    ...{ folder, lanes, env },
    async counts() {
      const answer = await fetch(`${env['GAMEDAY_RIG_CONTROL'] ?? ''}/counts`);
      return Counts.parse(await answer.json());
    },
    async settled({ name }) {
      await until(`the end of the builds of ${name}`, async () => buildsAreOver(env, name));
      await until(`the workers of ${name}`, async () => {
        const [service, stops] = await Promise.all([
          ecs.service('build-prod', name, never),
          ecs.recentStops('build-prod', { service: name }, never),
        ]);
        return (
          service.ok &&
          stops.ok &&
          service.value.running === service.value.desired &&
          service.value.deployments.every(({ rolloutState }) => rolloutState === 'COMPLETED') &&
          service.value.deployments.length === 1 &&
          stops.value.tasks.every((task) => task.ended)
        );
      });
    },
    async release(events) {
      await Promise.all(jobsSeen(events).map(({ id }) => writeFile(join(folder, 'gates', id), '')));
    },
    async close() {
      up.child.kill('SIGTERM');
      await up.ended;
    },
  };
}

const Builds = z.array(z.object({ finished_at: z.string().nullable() }));

/** Asks every two seconds at most: Buildkite grants a user 50 requests a minute. */
async function buildsAreOver(env: Readonly<Record<string, string>>, pipeline: string): Promise<boolean> {
  const url = `${env['BUILDKITE_REST_API_ENDPOINT'] ?? ''}/v2/organizations/acme/pipelines/${pipeline}/builds`;
  const headers = { authorization: `Bearer ${env['BUILDKITE_API_TOKEN'] ?? ''}` };
  const answer = await fetch(url, { headers });
  const areOver = Builds.parse(await answer.json()).every((build) => build.finished_at !== null);
  if (!areOver) await pause(2_000);
  return areOver;
}

function rigOf(names: readonly string[], { workers = 3, rig = {}, onHosts }: RoadOptions): unknown {
  const count = names.length * workers + 1;
  return {
    ...(onHosts === true ? { instances: [{ count, cpu: 1024, memory: 2048 }] } : {}),
    organization: 'acme',
    cluster: 'build-prod',
    // Long: a machine that stutters must not lose anybody.
    lostAfter: '30s',
    services: names.map((name) => ({
      ...{ name, desiredCount: workers, launchType: onHosts === true ? 'EC2' : 'FARGATE' },
      taskDefinition: `${name}/agent.json`,
    })),
    pipelines: names.map((name) => ({ slug: name, steps: `${name}/pipeline.yaml` })),
    ...rig,
  };
}

async function writeLane(folder: string, name: string, options: RoadOptions): Promise<Lane> {
  const { limits = {}, scenario = {}, onHosts } = options;
  const host = onHosts === true ? { networkMode: 'bridge', requiresCompatibilities: ['EC2'] } : {};
  const lane = { name, folder: join(folder, name), scenario: join(folder, name, 'scenario.yaml') };
  await mkdir(lane.folder);
  const argv = [...EXEC, '--tags', `queue=${name}`];
  // Long: while a test does something else to a drill, its worker must not be killed.
  const definition = taskDefinition({ argv, stopTimeout: 115 }, name);
  await writeJson(join(lane.folder, 'agent.json'), { ...definition, ...host });
  const command = `until [ -e "${folder}/gates/$BUILDKITE_JOB_ID" ]; do sleep 0.2; done; sleep 6`;
  const step = { key: 'integration', command, agents: { queue: name } };
  await writeJson(join(lane.folder, 'pipeline.yaml'), { steps: [step] });
  await writeJson(lane.scenario, {
    version: 1,
    title: 'A drill whose runner dies',
    build: { organization: 'acme', pipeline: name },
    cluster: { region: 'us-east-1', name: 'build-prod', service: name },
    when: { step: 'integration', inFlightFor: '300ms', startWithin: '90s' },
    inject: { fault: 'stop-task' },
    expect: { build: 'passed' },
    limits: { verdictWithin: '180s', pollEvery: '300ms', ...limits },
    ...scenario,
  });
  return lane;
}

/** JSON is YAML too. */
async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** Waits for the end of a runner and opens the gates of its lane while its journal grows. */
export async function followed(cli: Cli, out: string, folder: string, opens: Opens): Promise<Cli['ended']> {
  const opened = new Set<string>();
  let running = true;
  void cli.ended.then(() => (running = false));
  while (running) {
    for (const gate of opens(await eventsIn(out))) {
      if (opened.has(gate)) continue;
      opened.add(gate);
      await writeFile(join(folder, 'gates', gate), '');
    }
    await Promise.race([cli.ended, pause(100)]);
  }
  return cli.ended;
}

/** The id of the one drill in a folder; undefined while there is none. */
export async function drillIn(out: string): Promise<string | undefined> {
  const [id] = await readdir(out).catch((): string[] => []);
  return id;
}

/** The whole lines of the one journal in a folder. */
export async function eventsIn(out: string): Promise<readonly DrillEvent[]> {
  const id = await drillIn(out);
  if (id === undefined) return [];
  return readJournal(join(out, id, 'journal.jsonl')).then(
    ({ events }) => events,
    () => [],
  );
}
