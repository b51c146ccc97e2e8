import { expect, test } from 'vitest';
import { TaskDefinitionAnswer } from '../../src/ecs/answers.ts';
import { definitionOf } from '../../src/ecs/map.ts';
import { toJson } from '../../src/journal/escape.ts';
import { closingBlock } from '../../src/report/closing.ts';
import { documentOf } from '../../src/ledger/from-journal.ts';
import { createLogReporter } from '../../src/report/log.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import {
  aCluster,
  aContainer,
  anAgent,
  aPipeline,
  aService,
  aTask,
  DEFINITION_ARN,
} from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { theatre } from '../support/theatre.ts';
import type { Theatre } from '../support/theatre.ts';

/** What joins documents and decides a drill: it cannot be a secret's place, and nothing is planted there. */
const NEEDED: Readonly<Record<string, string>> = {
  'definition.taskDefinitionArn': 'names the definition',
  'definition.family': 'names the definition',
  'definition.containerDefinitions[].name': 'joins a container with the task',
  'definition.containerDefinitions[].entryPoint[]': 'what starts the agent; secrets are planted within',
  'definition.containerDefinitions[].command[]': 'what starts the agent; secrets are planted within',
  'definition.containerDefinitions[].environment[].name': 'names of variables decide what is read',
  'task.arn': 'names the task',
  'task.clusterArn': 'names the cluster',
  'task.group': 'joins the task with its service',
  'task.definition': 'joins the task with its definition',
  'task.launchType': 'one of three words',
  'task.status': 'a state',
  'task.desired': 'a state',
  'task.containers[].name': 'joins a container with its definition',
  'task.containers[].status': 'a state',
  'task.hostnames[]': 'joins the task with an agent',
  'service.name': 'names the service',
  'service.status': 'a state',
  'service.controller': 'one of three words',
  'service.deployments[].status': 'a state',
  'service.deployments[].rolloutState': 'a state',
  'cluster.arn': 'names the cluster',
  'cluster.name': 'names the cluster',
  'cluster.status': 'a state',
  'agent.id': 'names the agent',
  'agent.hostname': 'joins the agent with a task',
  'agent.connection': 'a state',
  'agent.tags.ecs:task-arn': 'joins the agent with its task',
  'agent.tags.ecs:container-name': 'joins the agent with its container',
  'agent.version': 'three numbers',
  'pipeline.slug': 'names the pipeline',
  'pipeline.nodeId': 'names the pipeline in a call',
  'pipeline.stepKeys[]': 'names the step',
  'pipeline.stepLabels[]': 'names the step, as its job does',
  'pipeline.branch': 'a name',
  'pipeline.triggers[].pipeline': 'a name',
  'pipeline.triggers[].branch': 'a name',
  'triggered-builds.builds[]': 'a UUID',
};

/** What is shown or written on purpose, each with the reason why it may be. */
const SHOWN: Readonly<Record<string, string>> = {
  'definition.containerDefinitions[].image': 'a name; a registry takes its credentials elsewhere',
  'task.startedBy': 'names who started the task',
  'task.capacityProvider': 'a name',
  'task.tags.team': 'a label: AWS warns against secrets in tags, for everybody who lists resources sees them',
  'task.containers[].reason': "ECS's own words on why a container ended: evidence",
  'task.containers[].runtimeId': 'an id',
  'task.containers[].imageDigest': 'a digest of what everybody who pulls the image gets',
  'service.arn': 'a name',
  'service.deployments[].id': 'an id',
  'service.deployments[].definition': 'a name',
  'service.events[].id': 'an id',
  'service.events[].message': "the scheduler's own words: evidence",
  'service.tags.team': 'a label, as those of tasks',
  'cluster.tags.team': 'a label, as those of tasks',
  'agent.nodeId': 'an id',
  'agent.name': 'a name',
  'agent.tags.queue': 'a label: Buildkite shows it to everybody who sees the agent',
  'agent.tags.team': 'a label, as the queue',
  'agent.rawConnection': 'a state in the words of Buildkite, where we know none',
  'pipeline.url': 'an address; credentials in one are hidden by their shape',
  'pipeline.cancelIntermediateFilter': 'a pattern of branches: a guard says which one refuses',
  'pipeline.skipIntermediateFilter': 'a pattern of branches, as the other one',
  'build.url': 'an address, as that of the pipeline',
  'build.branch': 'a name',
  'build.nodeId': 'an id',
  'job.label': 'a label',
  'job.url': 'an address, as that of the pipeline',
  'job.buildSlug': 'a name',
};

interface Planted {
  readonly path: string;
  readonly secret: string;
}

interface Planter {
  readonly planted: readonly Planted[];
  /** The value with a secret in the place of each of its texts. */
  readonly plant: <T>(value: T, path: string) => T;
  /** One secret, to be put somewhere by hand. */
  readonly secret: (path: string) => string;
}

/** Puts a secret of its own in the place of every text, but for what is needed; keys are places, not texts. */
function planter(): Planter {
  const planted: Planted[] = [];
  const secret = (path: string): string => {
    // A plain word: only its place tells that it is a secret.
    const word = `planted-${String(planted.length).padStart(3, '0')}-here`;
    planted.push({ path, secret: word });
    return word;
  };
  const walk = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return path in NEEDED ? value : secret(path);
    if (Array.isArray(value)) return value.map((item: unknown) => walk(item, `${path}[]`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, `${path}.${key}`)]),
    );
  };
  return { planted, secret, plant: <T>(value: T, path: string): T => walk(value, path) as T };
}

/** A definition with all that ECS lets one hold. */
function rawDefinition(secret: (path: string) => string): Record<string, unknown> {
  const within = (place: string): string => secret(`definition.words.${place}`);
  return {
    ...{ taskDefinitionArn: DEFINITION_ARN, family: 'build-agent', taskRoleArn: 'r', executionRoleArn: 'r' },
    ...{ registeredBy: 'a', cpu: '256', memory: '512', networkMode: 'awsvpc', status: 'ACTIVE' },
    requiresCompatibilities: ['FARGATE'],
    volumes: [{ name: 'v', host: { sourcePath: '/s' } }],
    placementConstraints: [{ type: 'memberOf', expression: 'e' }],
    proxyConfiguration: { containerName: 'c', properties: [{ name: 'n', value: 'v' }] },
    containerDefinitions: [
      {
        ...{ name: 'agent', image: 'example/build-agent:1', essential: true, hostname: 'h', user: 'u' },
        entryPoint: ['sh', '-c'],
        command: [
          `export DB_PASSWORD=${within('variable')} && buildkite-agent start --token ${within('flag')} --name x --api-key="${within('quoted')}" && curl -H "X-Api-Key: ${within('header')}" https://me:${within('url')}@example.com/`,
        ],
        environment: [
          { name: 'DATABASE_PASSWORD', value: 'x' },
          { name: 'BUILDKITE_AGENT_TOKEN', value: 'x' },
          { name: 'LOG_LEVEL', value: 'x' },
        ],
        environmentFiles: [{ value: 'arn', type: 's3' }],
        secrets: [{ name: 'N', valueFrom: 'arn' }],
        dockerLabels: { team: 'x' },
        healthCheck: { command: ['CMD-SHELL', `curl -u x --password ${within('health')}`] },
        logConfiguration: {
          logDriver: 'splunk',
          options: { 'splunk-token': 'x' },
          secretOptions: [{ name: 'n', valueFrom: 'v' }],
        },
        firelensConfiguration: { type: 'fluentd', options: { a: 'x' } },
        repositoryCredentials: { credentialsParameter: 'p' },
        mountPoints: [{ sourceVolume: 'v', containerPath: '/c' }],
        extraHosts: [{ hostname: 'h', ipAddress: 'i' }],
        dockerSecurityOptions: ['o'],
        workingDirectory: '/w',
        stopTimeout: 30,
      },
      {
        ...{ name: 'gateway', image: 'example/gateway:1', essential: false },
        entryPoint: ['gateway', '--model-key', within('apart')],
        command: ['--upstream-token', within('command')],
        environment: [{ name: 'MODEL_KEY', value: 'x' }],
      },
    ],
  };
}

/** A drill in a world of which every text is a secret, and all that it writes and says. */
async function drillAmongSecrets(): Promise<{
  readonly planted: readonly Planted[];
  readonly written: string;
}> {
  const { planted, plant, secret } = planter();
  const raw = plant(rawDefinition(secret), 'definition');
  const definition = definitionOf(TaskDefinitionAnswer.parse(raw));
  const set = (stage: Theatre): void => plantWorld(stage, raw, definition, plant);
  const plan = planOf({ preflight: 'warn', build: { env: { DEPLOY_TOKEN: secret('scenario.env') } } });
  const stage = theatre({ plan, set });
  const said: string[] = [];
  const screen = {
    write: (text: string) => void said.push(text),
    columns: () => 200,
    rows: () => 50,
    colors: false,
  };
  const log = createLogReporter(screen);
  const state = await stage.run();
  for (const event of stage.journal.events) log.onEvent?.(event, state);
  const result = summarizeDrill(stage.journal.events, 'journal.jsonl');
  said.push(closingBlock(result, { columns: 200, colors: false }));
  const document = documentOf(stage.journal.events, '1.0.0');
  expect(document).toMatchObject({ worker: { containers: [{ name: 'agent' }, { name: 'gateway' }] } });
  const written = [
    ...stage.journal.events.map((event) => toJson(event)),
    ...[toJson(result), toJson(document), ...said],
  ].join('\n');
  expect(result.reason).not.toBe('mapping-failed');
  expect(stage.journal.events.map(({ code }) => code)).toContain('GD_FAULT_SENT');
  return { planted, written };
}

function plantWorld(
  { ecs, buildkite, clock }: Theatre,
  raw: Record<string, unknown>,
  definition: ReturnType<typeof definitionOf>,
  plant: <T>(value: T, path: string) => T,
): void {
  ecs.world.definitions.set(DEFINITION_ARN, definition);
  Object.assign(ecs, { taskDefinitionDocument: () => Promise.resolve({ ok: true, value: raw }) });
  const containers = [
    aContainer({ reason: 'r', runtimeId: 'i', imageDigest: 'd' }),
    aContainer({ name: 'gateway', reason: 'r' }),
  ];
  for (const task of ecs.world.tasks.values()) {
    const whole = aTask({
      ...task,
      containers,
      startedBy: 's',
      capacityProvider: 'FARGATE',
      tags: { team: 't' },
    });
    ecs.world.tasks.set(task.arn, plant(whole, 'task'));
  }
  const events = [{ id: 'e', at: null, message: 'm' }];
  ecs.world.services.set(aService().name, plant(aService({ events, tags: { team: 't' } }), 'service'));
  ecs.world.clusters.set(aCluster().name, plant(aCluster({ tags: { team: 't' } }), 'cluster'));
  for (const agent of buildkite.world.agents.values())
    buildkite.world.agents.set(
      agent.id,
      plant(anAgent({ ...agent, tags: { ...agent.tags, team: 't' } }), 'agent'),
    );
  buildkite.world.pipelines.set(
    aPipeline().slug,
    plant(aPipeline({ cancelIntermediateFilter: 'f', skipIntermediateFilter: 'f' }), 'pipeline'),
  );
  // The build and its job are there a moment after the drill began.
  clock.at(clock.now() + 1_000, () => {
    for (const { id, metaData } of buildkite.world.builds.values()) {
      const { left } = plant({ left: 'by a step' }, 'build.metaData');
      const over = plant({ url: 'u', branch: 'b', rawState: 's', nodeId: 'n' }, 'build');
      buildkite.setBuild(id, { ...over, metaData: { ...metaData, left } });
    }
    for (const { id } of buildkite.world.jobs.values())
      buildkite.setJob(id, plant({ label: 'l', url: 'u', buildSlug: 's' }, 'job'));
  });
}

test('a secret in any text of what services show is written and said nowhere, but for what is shown on purpose', async () => {
  const { planted, written } = await drillAmongSecrets();
  const found = planted.filter(({ secret }) => written.includes(secret)).map(({ path }) => path);
  expect([...new Set(found)].filter((path) => !(path in SHOWN))).toEqual([]);
  // What is on the list and never seen is no exception that anybody needs.
  expect(Object.keys(SHOWN).filter((path) => !found.includes(path))).toEqual([]);
});
