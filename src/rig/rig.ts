import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findAgent, type Agent } from './agent.ts';
import { startAutoscaler } from './autoscaler.ts';
import { startBuildkite, type BuildkiteRig } from './buildkite/server.ts';
import { startControl } from './control.ts';
import { messageOf, RigFailure } from './failure.ts';
import { ecsKnobs } from './ecs-knobs.ts';
import { startEcs, type EcsRig } from './ecs/rig.ts';
import { factsOf } from './facts.ts';
import { startProxy } from './faulty.ts';
import { folderNamedIn, type ReadRigFile } from './file.ts';
import { startInProcess } from './in-process-agents.ts';
import { RigLog } from './log.ts';
import { readPolicy, readRoles } from './rights.ts';
import { waitUntilReady } from './ready.ts';
import { Conductor } from './script.ts';
import { setUpCluster } from './setup.ts';
import { createContainerExecutor } from './workers/container.ts';
import { engineCommand, findEngine } from './workers/container-engine.ts';
import type { Executor } from './workers/executor.ts';
import { hireJanitor } from './workers/janitor.ts';
import { chooseExecutor, probeMachine, type Machine } from './workers/machine.ts';
import { agentEnvironment, preparePremises, sharedFolder, type AgentAccess } from './workers/premises.ts';
import { World } from './world.ts';

/** What the command line may say beside the rig file. */
export interface RigChoices {
  readonly agent?: string | undefined;
  readonly executor?: Executor['kind'] | undefined;
  readonly verbose: boolean;
}

/** A rig that runs. */
export interface Rig {
  /** The variables with which clients reach it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

type Closer = () => unknown;

/** How long the first workers may take; an engine has file systems to make. */
const patience = { namespace: 20_000, process: 20_000, container: 45_000 } as const;

/** Starts everything that a rig file names; whatever fails, nothing is left behind. */
export async function startRig(file: ReadRigFile, choices: RigChoices, signal: AbortSignal): Promise<Rig> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) {
      // One part that cannot close must not keep the others, or the workers, alive.
      await Promise.resolve()
        .then(next)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('; '));
  };
  try {
    return { environment: await start(file, choices, closers, signal), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  file: ReadRigFile,
  choices: RigChoices,
  closers: Closer[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const named = choices.agent ?? (file.rig.agent === undefined ? undefined : file.resolve(file.rig.agent));
  const agent = findAgent(named, file.rig.standInAgent);
  // Agents make Unix sockets in here, whose paths have to stay short.
  const root = mkdtempSync(join(tmpdir().length > 50 ? '/tmp' : tmpdir(), 'gameday-rig-'));
  const wanted = choices.executor ?? file.rig.executor;
  const janitor = hireJanitor(root, wanted === 'container' ? engineCommand() : undefined);
  closers.push(() => janitor.dismiss());
  const log = new RigLog(choices.verbose);
  const buildkite = await openBuildkite(file, log);
  closers.push(() => buildkite.close());
  const machine = probeMachine();
  const executor = openExecutor(machine, wanted, root);
  const ecs = await openEcs(file, { root, agent, machine, executor, buildkite, log });
  closers.push(() => ecs.close());
  const world = new World(log, ecs.do, (action) => buildkite.do(action));
  const conductor = new Conductor(file.rig.script, world, log);
  closers.push(() => {
    conductor.close();
  });
  const urls = await openDoors(file, { buildkite, ecs, world, log }, closers);
  setUpCluster(ecs, file);
  await waitUntilReady(ecs, log, patience[executor.kind], signal);
  const facts = factsOf(file, executor, { agent, machine, log, services: ecs.state });
  closers.push(startAutoscaler(file, { buildkite, ecs, log }));
  buildkite.layDownOnWorkers();
  // Builds of the rig's own begin when there is somebody to run them.
  for (const build of file.rig.builds) await buildkite.do({ do: 'create-build', ...build });
  return environmentOf(file, root, { ecs, buildkite, urls, facts });
}

function openExecutor(machine: Machine, wanted: Executor['kind'] | undefined, root: string): Executor {
  if (wanted !== 'container') return chooseExecutor(machine, wanted);
  return createContainerExecutor(findEngine(root, machine.namespaces !== undefined), root);
}

async function openBuildkite(file: ReadRigFile, log: RigLog): Promise<BuildkiteRig> {
  const { organization, pipelines, history, past, lostAfter, knobs, secrets } = file.rig;
  const unknown = Object.keys({ ...history, ...past }).find(
    (slug) => !pipelines.some((one) => one.slug === slug),
  );
  if (unknown !== undefined)
    throw new RigFailure('bad-input', `${file.path}: past builds: no pipeline "${unknown}" in "pipelines"`);
  const buildkite = await startBuildkite({
    organization,
    pipelines: pipelines.map(({ steps, ...rest }) => ({
      ...rest,
      stepsFile: file.resolve(steps),
      ...{ history: history[rest.slug] ?? [], past: past[rest.slug] },
    })),
    lostAfterMs: lostAfter,
    knobs,
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([name, value]) => [name, typeof value === 'string' ? value : null]),
    ),
    stopOrdered: () => log.stopOrdered,
  });
  log.follow('buildkite', buildkite.events);
  return buildkite;
}

/** What the images set; a configuration file of the agent stands beside the rig file. */
function environmentOfImages(file: ReadRigFile): Readonly<Record<string, string>> {
  const { BUILDKITE_AGENT_CONFIG: config, ...others } = file.rig.knobs.imageEnvironment;
  return config === undefined ? others : { ...others, BUILDKITE_AGENT_CONFIG: file.resolve(config) };
}

interface EcsParts {
  readonly root: string;
  readonly agent: Agent;
  readonly machine: Machine;
  readonly executor: Executor;
  readonly buildkite: BuildkiteRig;
  readonly log: RigLog;
}

async function openEcs(file: ReadRigFile, parts: EcsParts): Promise<EcsRig> {
  const { region, account, cluster: name, clusterTags, knobs } = file.rig;
  const ecs = await startEcs({
    cluster: { region, account, name },
    clusterTags,
    knobs: ecsKnobs(knobs),
    instances: file.rig.instances,
    executor: parts.executor,
    machine: parts.machine,
    premises: preparePremises(parts.root, parts.agent, {
      programs: folderNamedIn(file, 'programs'),
      hooks: folderNamedIn(file, 'hooks'),
      environment: environmentOfImages(file),
    }),
    access: accessOfAgents(parts.buildkite),
    join: parts.buildkite.joinIdly,
    startInProcess: startInProcess(parts.agent),
    policy: readPolicy(file),
    roles: readRoles(file, parts.buildkite.url),
  });
  parts.log.follow('ecs', ecs.events);
  return ecs;
}

/** How agents join, the workers' own and any other. */
function accessOfAgents(buildkite: BuildkiteRig): AgentAccess {
  return { endpoint: `${buildkite.url}/v3`, token: buildkite.agentToken };
}

interface Inside {
  readonly buildkite: BuildkiteRig;
  readonly ecs: EcsRig;
  readonly world: World;
  readonly log: RigLog;
}

interface Urls {
  readonly buildkite: string;
  readonly ecs: string;
  readonly control: string;
}

async function openDoors(file: ReadRigFile, inside: Inside, closers: Closer[]): Promise<Urls> {
  const { buildkite, ecs, world, log } = inside;
  const proxy = async (half: 'buildkite' | 'ecs'): Promise<string> => {
    const target = half === 'ecs' ? ecs.url : buildkite.url;
    const rules = file.rig.faulty[half];
    if (rules.length === 0) return target;
    const listening = await startProxy({
      target,
      rules,
      stopAccepted: () => world.stopAccepted,
      clockOffsetMs: half === 'ecs' ? file.rig.knobs.ecsClockOffset : file.rig.knobs.clockOffset,
      onHarm: (operation, harm) => {
        log.add({ at: Date.now(), event: 'harmed', half: 'rig', operation, harm });
      },
    });
    closers.push(() => listening.close());
    return listening.url;
  };
  const control = await startControl({
    do: (action) => world.do(action),
    counts: () => ({
      buildkite: buildkite.counts(),
      ecs: ecs.counts(),
      stopTaskLanded: ecs.stopTaskLanded(),
      foreign: buildkite.foreign() + ecs.foreign(),
    }),
    access: () => ecs.asked(),
    log: () => log.events,
    processes: () => ecs.processes(),
    output: () => ecs.outputTail(),
  });
  closers.push(() => control.close());
  return { buildkite: await proxy('buildkite'), ecs: await proxy('ecs'), control: control.url };
}

interface Outside {
  readonly ecs: EcsRig;
  readonly buildkite: BuildkiteRig;
  readonly urls: Urls;
  readonly facts: Readonly<Record<string, unknown>>;
}

function environmentOf(file: ReadRigFile, root: string, outside: Outside): Record<string, string> {
  const { ecs, buildkite, urls, facts } = outside;
  return {
    ...Object.fromEntries(
      ['ECS', 'STS', 'FIS', 'APPLICATION_AUTO_SCALING'].map((name) => [`AWS_ENDPOINT_URL_${name}`, urls.ecs]),
    ),
    AWS_REGION: file.rig.region,
    AWS_DEFAULT_REGION: file.rig.region, // The AWS CLI and boto3 read this one, and not the other.
    AWS_ACCESS_KEY_ID: ecs.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ecs.secretAccessKey,
    BUILDKITE_GRAPHQL_ENDPOINT: `${urls.buildkite}/graphql`,
    // A base: clients put /v2 behind it themselves (BK-8).
    BUILDKITE_REST_API_ENDPOINT: urls.buildkite,
    BUILDKITE_API_TOKEN: buildkite.apiToken,
    BUILDKITE_ORGANIZATION_SLUG: file.rig.organization,
    ...agentEnvironment(accessOfAgents(buildkite)),
    GAMEDAY_LOST_AFTER: durationOf(file.rig.lostAfter),
    GAMEDAY_RIG_FACTS: JSON.stringify(facts),
    GAMEDAY_RIG_CONTROL: urls.control,
    ...{ GAMEDAY_LABEL: 'rig', GAMEDAY_RIG_SHARED: sharedFolder(root) },
  };
}

function durationOf(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}
