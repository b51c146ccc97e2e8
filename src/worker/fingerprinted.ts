import { z } from 'zod';
import type { ContainerDefinition } from '../model/entities/task.ts';
import { DIGEST_PREFIX } from '../model/secret-looks.ts';
import { expandedIn, hideStart } from './hidden-start.ts';
import type { Launch } from './launch.ts';
import { isReadVariable, variableOfFlag } from './read-settings.ts';
import { makeStopStep } from './stop-window.ts';
import { readWorker } from './worker.ts';

/** One container, as far as it decides how its task leaves. */
const FingerprintedContainer = z.strictObject({
  name: z.string(),
  /** The image by its digest; `reference` (without the registry's host) only where no digest is known. */
  image: z.strictObject({ digest: z.string().nullable(), reference: z.string().nullable() }),
  essential: z.boolean(),
  init: z.boolean(),
  /** With every secret replaced by `hidden`. */
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  /** The variables that are settings of the agent, or that the command line expands. */
  settings: z.record(z.string(), z.string()),
  /** Milliseconds between the stop signal and SIGKILL; null where the host decides. */
  stopTimeout: z.number().int().nullable(),
  /** The containers that it waits for at the start, and that outlive it at the stop, each with the condition. */
  dependsOn: z.record(z.string(), z.string()),
});

/** What decides whether a worker drains; drills of the same one are trials of the same claim. */
export const FingerprintedWorker = z.strictObject({
  launch: z.enum(['fargate', 'ec2', 'external', 'unknown']),
  /** The operating system of its tasks; null in journals that do not hold it. */
  platform: z.string().nullable(),
  /** Container and version of the agent; a version of null is not known. */
  agent: z.strictObject({ container: z.string(), version: z.string().nullable() }),
  /** The kind of the fault, as a scenario names it. */
  fault: z.string(),
  /** By name. */
  containers: z.array(FingerprintedContainer),
});
export type FingerprintedWorker = z.infer<typeof FingerprintedWorker>;

/** All that is known about a worker, of a task or of a definition that is about to be deployed. */
export interface WorkerFacts {
  readonly containers: readonly ContainerDefinition[];
  /** Name of the agent's container. */
  readonly agent: string;
  readonly launch: Launch;
  readonly platform: string | null;
  /** Digests of images by container: as ECS shows them, or as a person names them. */
  readonly digests: Readonly<Record<string, string>>;
  readonly agentVersion: string | null;
  readonly fault: string;
}

/** A worker without what differs from task to task, and what could not be known about it, in words. */
export interface KnownWorker {
  readonly worker: FingerprintedWorker;
  readonly unknowns: readonly string[];
}

/** Names and labels of a fleet do not change how its agents leave. */
const LABELS: ReadonlySet<string> = new Set([variableOfFlag('tags'), variableOfFlag('queue')]);
const HIDDEN = new RegExp(`${DIGEST_PREFIX}[0-9a-z]+`, 'g');

/** What decides whether this worker drains. The same for a definition's file and for the journal of a drill, where secrets are hidden. */
export function readFingerprinted(facts: WorkerFacts): KnownWorker {
  const worker: FingerprintedWorker = {
    launch: facts.launch.kind,
    platform: facts.platform,
    agent: { container: facts.agent, version: facts.agentVersion },
    fault: facts.fault,
    containers: facts.containers
      .map((container) => readContainer(container, facts))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return { worker, unknowns: [...listUnknowns(worker), ...listUnread(facts)] };
}

function readContainer(
  container: ContainerDefinition,
  { launch, digests }: WorkerFacts,
): FingerprintedWorker['containers'][number] {
  const { entryPoint, command, environment } = hideStart(container, () => `${DIGEST_PREFIX}0`);
  const digest = pinnedDigest(container.image) ?? digests[container.name] ?? null;
  const isHosts = container.stopTimeout === null && launch.kind !== 'fargate';
  return {
    name: container.name,
    image: { digest, reference: digest === null ? shortenImage(container.image) : null },
    essential: container.essential,
    init: container.initProcess,
    entryPoint: entryPoint.map(unifyHidden),
    command: command.map(unifyHidden),
    settings: settingsIn(environment, expandedIn([...entryPoint, ...command])),
    stopTimeout: isHosts ? null : makeStopStep(container, launch).ms,
    dependsOn: Object.fromEntries(
      container.dependsOn.toSorted().map((name) => [name, container.conditions?.[name] ?? 'unknown']),
    ),
  };
}

/** Every drill hides secrets by a key of its own, so that only the fact that one is hidden can be compared. */
function unifyHidden(text: string): string {
  return text.replace(HIDDEN, 'hidden');
}

function settingsIn(
  environment: Readonly<Record<string, string>>,
  expanded: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => (isReadVariable(name) && !LABELS.has(name)) || expanded.has(name))
      .map(([name, value]) => [name, unifyHidden(value)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The digest by which a definition itself names the image. */
function pinnedDigest(image: string | null): string | null {
  return /@(sha256:[0-9a-f]{64})$/.exec(image ?? '')?.[1] ?? null;
}

/** `HOST/repository:tag` without the host of the registry. */
function shortenImage(image: string | null): string | null {
  return image === null ? null : image.replace(/^[^/]*[.:][^/]*\//, '');
}

function listUnknowns({ launch, platform, agent, containers }: FingerprintedWorker): readonly string[] {
  return [
    ...(launch === 'unknown' ? ['the launch type is not known'] : []),
    ...(platform === null ? ['the platform is not known'] : []),
    ...(agent.version === null ? ["the agent's version is not known"] : []),
    ...containers.flatMap(({ name, image, stopTimeout }) => [
      ...(image.digest === null
        ? [
            `the image of container ${name} is known by its name ${image.reference ?? '(none)'} alone, not by its digest`,
          ]
        : []),
      ...(stopTimeout === null
        ? [`the stop time-out of container ${name} is its host's, which no API shows`]
        : []),
    ]),
  ];
}

/** What of the agent's start lies in files or variables that no document shows. */
function listUnread({ containers, agent, launch }: WorkerFacts): readonly string[] {
  const worker = readWorker({ containers, agent, launch, imageConfig: null });
  if (worker === null) return [`the definition has no container ${agent}`];
  const { start, settings } = worker;
  const isReadByScript = start.shell !== null || start.scriptFile !== null || !start.commandLine.isKnown;
  const others = Object.keys(worker.agent.environment).filter((name) => !isReadVariable(name));
  return [
    ...(settings.configFile === null ? [] : [`the agent's settings in ${settings.configFile} are not read`]),
    ...(isReadByScript && others.length > 0
      ? [`the start may read variables whose values are not compared: ${others.toSorted().join(', ')}`]
      : []),
  ];
}
