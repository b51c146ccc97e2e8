import { ecsSettingsFromEnvironment } from '../cli/settings.ts';
import type { Runner } from '../cli/runner.ts';
import { readDocuments } from '../drill/look.ts';
import type { Ecs } from '../ecs/port.ts';
import { isLoopback } from '../http/endpoint.ts';
import type { Answer } from '../model/answer.ts';
import type { Task } from '../model/entities/task.ts';
import { GamedayError } from '../model/errors.ts';
import { OFFLINE } from '../preflight/documents.ts';
import { readFiles } from '../preflight/files.ts';
import { textOf } from '../preflight/json.ts';
import { requireSubject } from '../preflight/service.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import { platformOf } from '../worker/definition.ts';
import { readFingerprinted, type KnownWorker } from '../worker/fingerprinted.ts';
import { launchOfTask, readNamedLaunch } from '../worker/launch.ts';
import type { GateFlags } from './options.ts';

/** The worker that is asked about, and its name for people. */
export interface AskedWorker extends KnownWorker {
  readonly said: string;
}

type Digests = Readonly<Record<string, string>>;

/** Reads the worker of a file. Throws bad-input. */
export async function readWorkerOfFile(
  file: string,
  flags: GateFlags,
  digests: Digests,
): Promise<AskedWorker> {
  const { documents } = await readFiles({ taskDefinition: file });
  const { taskDefinition } = documents;
  if (taskDefinition === null) throw new Error('the task definition was not read');
  const { worker, agent } = requireSubject({
    documents: { ...documents, taskDefinition },
    live: OFFLINE,
    container: flags.container,
  });
  requireContainers(
    digests,
    worker.containers.map(({ name }) => name),
  );
  return {
    said: file,
    ...readFingerprinted({
      containers: worker.containers,
      agent: agent.name,
      launch: launchBy(flags) ?? worker.launch,
      platform: platformOf(taskDefinition.value),
      digests,
      agentVersion: flags['agent-version'] ?? null,
      fault: flags.fault,
    }),
  };
}

/** Checks what can be checked before a service is asked. Throws bad-input. */
export async function connectToService(flags: GateFlags, runner: Runner): Promise<Ecs> {
  const { environment } = runner;
  const settings = await ecsSettingsFromEnvironment(null, environment, flags.insecure);
  const endpoint = environment['AWS_ENDPOINT_URL_ECS'] ?? environment['AWS_ENDPOINT_URL'] ?? '';
  // A real service would be released on the evidence of stand-ins.
  if (flags.rig && !(URL.canParse(endpoint) && isLoopback(new URL(endpoint).hostname)))
    throw new GamedayError('bad-input', '--rig: the service is not one of a rig on this machine', {
      next: 'Leave out --rig, or take over the settings that `gameday rig up` prints.',
    });
  return runner.clients.connectEcs(settings);
}

/** Reads the worker that a service runs now, or is about to run. Throws with the service's reason if it cannot be read. */
export async function readWorkerOfService(
  ecs: Ecs,
  flags: GateFlags,
  named: Digests,
  signal: AbortSignal,
): Promise<AskedWorker> {
  const { cluster = '', service = '' } = flags;
  const place = { cluster, service, family: null, organization: null, pipeline: null, step: null, file: '' };
  const { documents } = unwrap(await readDocuments(place, { ecs, buildkite: null }, signal), service);
  const subject = requireSubject({ documents, live: OFFLINE, container: flags.container });
  const arn = textOf(documents.taskDefinition.value['taskDefinitionArn']) ?? '';
  const definition = unwrap(await ecs.taskDefinition(arn, signal), service);
  const { tasks } = unwrap(await ecs.tasksOf(cluster, { service }, signal), service);
  requireContainers(
    named,
    definition.containers.map(({ name }) => name),
  );
  const current = tasks.filter((task) => task.definition === arn);
  const [sample] = current;
  const { digests, notes } = readDigests(current);
  const known = readFingerprinted({
    containers: definition.containers,
    agent: subject.agent.name,
    launch: launchBy(flags) ?? (sample === undefined ? subject.worker.launch : launchOfTask(sample, false)),
    platform: definition.platform ?? null,
    digests: { ...digests, ...named },
    agentVersion: flags['agent-version'] ?? null,
    fault: flags.fault,
  });
  const others = tasks.length - current.length;
  const old = others === 0 ? [] : [`${String(others)} tasks of the service run another definition`];
  return {
    said: `service ${service} in ${cluster}`,
    worker: known.worker,
    unknowns: [...known.unknowns, ...notes, ...old],
  };
}

function launchBy(flags: GateFlags): ReturnType<typeof readNamedLaunch> | null {
  const type = flags['launch-type'];
  return type === undefined ? null : readNamedLaunch(type);
}

function requireContainers(digests: Digests, names: readonly string[]): void {
  const unknown = Object.keys(digests).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new GamedayError('bad-input', `--image-digest: there is no container "${unknown}"`, {
    next: `The containers are ${names.join(', ')}.`,
  });
}

/** The digest of each container's image, where all tasks that show one show the same. */
function readDigests(tasks: readonly Task[]): {
  readonly digests: Digests;
  readonly notes: readonly string[];
} {
  const shown = new Map<string, Set<string>>();
  for (const { name, imageDigest } of tasks.flatMap(({ containers }) => containers)) {
    if (imageDigest === undefined) continue;
    shown.set(name, (shown.get(name) ?? new Set()).add(imageDigest));
  }
  const [digests, notes]: [Record<string, string>, string[]] = [{}, []];
  for (const [name, all] of shown) {
    const [only = '', ...others] = all;
    if (others.length === 0) digests[name] = only;
    else notes.push(`tasks of the service run ${String(all.size)} different images in container ${name}`);
  }
  return { digests, notes };
}

function unwrap<T>(answer: Answer<T>, service: string): T {
  if (answer.ok) return answer.value;
  const reason = reasonOfTrouble({ kind: 'service', id: service }, answer.trouble);
  throw new GamedayError(reason, answer.trouble.message);
}
