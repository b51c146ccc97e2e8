import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GATES } from './gates.ts';

/** A map as it stands in a YAML or JSON file. */
export type Entries = Readonly<Record<string, unknown>>;

/** The agent as the container's first process. */
export const EXEC = ['buildkite-agent', 'start', '--tags-from-ecs-meta-data'] as const;
/** A shell before it, which keeps the signal to itself. */
export const SHELL = ['/bin/sh', '-c', EXEC.join(' ')] as const;

/** A shell that passes SIGTERM on once `first` has succeeded, and ends as `last` says. */
export function trapping(first: string, last: string, agent = EXEC.join(' ')): readonly string[] {
  const script = `trap '${first}; kill -TERM $pid' TERM; ${agent} & pid=$!; wait $pid; wait $pid; ${last}`;
  return ['/bin/sh', '-c', script];
}

/** The agent's container of a case. */
export interface AgentContainer {
  readonly argv?: readonly string[];
  readonly stopTimeout?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly init?: boolean;
  /** The words are the definition's `command`: the entry point is the image's, and nobody is told what that does. */
  readonly imageStarts?: boolean;
  readonly essential?: boolean;
  /** Containers beside the agent's, as they stand in the task definition. */
  readonly beside?: readonly Entries[];
}

/** What a case consists of before it is written down. */
export interface CaseFiles {
  readonly steps: readonly (Entries | string)[];
  readonly container?: AgentContainer;
  /** Workers without a service: so many tasks, which nobody replaces. */
  readonly standalone?: number;
  readonly workers?: number;
  /** Sections laid over the usual scenario; `null` takes a section's key away. */
  readonly scenario?: Readonly<Record<string, Entries | string>>;
  readonly rig?: Entries;
  /** More files by name, JSON. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** More files by name, as they stand. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** A task definition with the agent's container alone. */
export function taskDefinition(container: AgentContainer, family = 'build-agent'): Entries {
  const { argv = EXEC, stopTimeout = 60, environment = {}, init = false, essential = true } = container;
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '1024',
    memory: '2048',
    containerDefinitions: [
      {
        name: 'agent',
        image: 'example/build-agent:1',
        essential,
        ...(container.imageStarts === true ? { command: argv } : { entryPoint: argv }),
        stopTimeout,
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        ...(init ? { linuxParameters: { initProcessEnabled: true } } : {}),
      },
      ...(container.beside ?? []),
    ],
  };
}

const SCENARIO: Readonly<Record<string, Entries>> = {
  build: { organization: 'acme', pipeline: 'canary' },
  cluster: { region: 'us-east-1', name: 'build-prod', service: 'build-agents' },
  when: { step: 'integration', inFlightFor: '300ms', startWithin: '90s' },
  inject: { fault: 'stop-task' },
  expect: { build: 'passed' },
  limits: { verdictWithin: '120s', pollEvery: '300ms' },
};

function scenarioOf({ scenario = {}, standalone }: Pick<CaseFiles, 'scenario' | 'standalone'>): Entries {
  const base =
    standalone === undefined
      ? SCENARIO
      : { ...SCENARIO, cluster: { region: 'us-east-1', name: 'build-prod', family: 'build-agent' } };
  const sections = [...new Set([...Object.keys(base), ...Object.keys(scenario)])].map((name) => {
    const over = scenario[name];
    const section = typeof over === 'string' ? over : { ...base[name], ...over };
    return [name, typeof section === 'string' ? section : withoutNulls(section)] as const;
  });
  return { version: 1, title: 'A case of the matrix', ...Object.fromEntries(sections), rig: 'rig.yaml' };
}

function withoutNulls(section: Entries): Entries {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== null));
}

function rigOf({ standalone, workers = 2, rig = {} }: CaseFiles): Entries {
  const where = { taskDefinition: 'agent.json', launchType: 'FARGATE' };
  const hosts =
    standalone === undefined
      ? { services: [{ name: 'build-agents', desiredCount: workers, ...where }] }
      : { tasks: [{ count: standalone, ...where }] };
  return {
    organization: 'acme',
    cluster: 'build-prod',
    // Long: where nobody is to be lost, a machine that stutters must not lose anybody.
    lostAfter: '30s',
    ...hosts,
    pipelines: [{ slug: 'canary', steps: 'canary.yaml' }],
    ...rig,
  };
}

/** Writes a scenario (JSON is YAML too) and gives its path. */
export async function writeScenario(
  folder: string,
  given: Pick<CaseFiles, 'scenario' | 'standalone'>,
  name = 'scenario.yaml',
): Promise<string> {
  await writeFile(join(folder, name), `${JSON.stringify(scenarioOf(given), null, 1)}\n`);
  return join(folder, name);
}

/** Writes a case's files and gives the scenario's path. */
export async function writeCase(folder: string, given: CaseFiles): Promise<string> {
  const gates = join(folder, 'gates');
  await mkdir(gates);
  const write = (name: string, content: unknown): Promise<void> =>
    writeFile(join(folder, name), `${JSON.stringify(content, null, 1).replaceAll(GATES, gates)}\n`);
  await write('canary.yaml', { steps: given.steps });
  await write('agent.json', taskDefinition(given.container ?? {}));
  await write('rig.yaml', rigOf(given));
  for (const [name, content] of Object.entries(given.files ?? {})) await write(name, content);
  for (const [name, content] of Object.entries(given.texts ?? {}))
    await writeFile(join(folder, name), content);
  return writeScenario(folder, given);
}
