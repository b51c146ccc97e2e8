import type { Documents } from '../preflight/documents.ts';
import type { Json, JsonObject } from '../preflight/json.ts';
import { isObject, itemsOf, member, textOf, textsOf } from '../preflight/json.ts';
import { readBaseName, isAgentStart } from '../worker/start.ts';
import { stopSignalOf } from '../preflight/rules/stop-signal.ts';
import type { Container, Subject } from '../preflight/subject.ts';
import { launchTypeOf, listLaunchDifferences, type LaunchType } from './launch.ts';
import type { Unfit } from './pipeline.ts';

/** What this machine can run. */
export interface Machine {
  /** Whether containers run their own images; else programs of this machine stand in for those of the images. */
  readonly images: boolean;
  /** Whether the engine has an image. */
  readonly hasImage: (reference: string) => boolean;
  /** Whether this machine has a program, by name or path. */
  readonly hasProgram: (word: string) => boolean;
  /** Whether a program is in the folder of `--programs`. */
  readonly isLent: (word: string) => boolean;
  /** The image to run in place of the agent's own, or null. */
  readonly image: string | null;
}

/** The copy of a task definition that the rig can run, and its differences from the original. */
export interface Copy {
  readonly document: JsonObject;
  readonly launchType: LaunchType;
  readonly differs: readonly string[];
  /** The agent's command line, as far as the definition shows it. */
  readonly runs: string;
}

/** Attributes that the rig models; the copy leaves out all others and names them. */
const OF_CONTAINER = new Set([
  ...['name', 'image', 'essential', 'entryPoint', 'command', 'environment', 'secrets', 'workingDirectory'],
  ...['stopTimeout', 'startTimeout', 'dependsOn', 'healthCheck', 'restartPolicy', 'linuxParameters'],
  ...['cpu', 'memory', 'memoryReservation', 'logConfiguration', 'portMappings', 'dockerLabels'],
  ...['repositoryCredentials', 'versionConsistency'],
]);
const OF_TASK = new Set([
  ...['family', 'cpu', 'memory', 'executionRoleArn', 'taskRoleArn', 'networkMode', 'runtimePlatform', 'tags'],
  ...['requiresCompatibilities', 'ephemeralStorage', 'containerDefinitions', 'taskDefinitionArn', 'revision'],
  ...['status', 'requiresAttributes', 'compatibilities', 'registeredAt', 'registeredBy'],
  ...['enableFaultInjection', 'pidMode'],
]);
const TOKEN = 'BUILDKITE_AGENT_TOKEN';
const TAGS_FLAG = 'tags-from-ecs-meta-data';
const TAGS_VARIABLE = 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA';

/** Makes the copy. If the rig does not model an attribute that decides how a stop ends, the copy is refused. */
export function copyOf(subject: Subject, machine: Machine): Copy | Unfit {
  const { documents, agent, sidecars } = subject;
  const task = documents.taskDefinition.value;
  const unfit = unfitIn(subject, machine);
  if (unfit !== null) return unfit;
  const out = sidecars.flatMap((one) => {
    const why = explainLeftOut(one, machine);
    return why === null ? [] : [{ name: one.name, why }];
  });
  const gone = out.map(({ name }) => name);
  const [kept, lost] = splitKnown(task, OF_TASK);
  const containers = [agent, ...sidecars]
    .filter(({ name }) => !gone.includes(name))
    .map((one) => containerOf(one, one === agent, gone, machine));
  const tagless = subject.settings.get(TAGS_FLAG) === null;
  const launchType = launchTypeOf(subject);
  return {
    document: {
      ...kept,
      family: textOf(member(task, 'family')) ?? 'rehearsal',
      containerDefinitions: containers.map(({ value }) =>
        tagless && value['name'] === agent.name ? addTags(value) : value,
      ),
    },
    launchType,
    differs: [
      ...out.map(({ name, why }) => `container ${name} is left out: ${why}`),
      ...sayLeftOut('the task', lost),
      ...containers.flatMap(({ differs }) => differs),
      ...(tagless
        ? [`container ${agent.name}: ${TAGS_VARIABLE} is set, so that a drill finds the task of a job`]
        : []),
      ...listLaunchDifferences(subject, launchType),
      ...sayImage(subject, machine),
      ...['taskRoleArn', 'executionRoleArn']
        .filter((role) => textOf(member(task, role)) !== null)
        .map((role) => `${role} is not assumed: calls to AWS do not work in the rehearsal`),
    ],
    runs: agent.start.commandLine.words.join(' '),
  };
}

function unfitIn({ documents, agent }: Subject, machine: Machine): Unfit | null {
  const pidMode = textOf(member(documents.taskDefinition.value, 'pidMode'));
  if (pidMode !== null && pidMode !== '')
    return {
      path: ['pidMode'],
      why: `the rig does not model pidMode ${pidMode}, which decides which process gets the stop signal`,
      next: 'Remove it from a copy of the file (see `gameday preflight`), or run a drill on ECS itself.',
    };
  if (machine.images) return findUnfitImage(agent, machine);
  const signal = stopSignalOf(documents);
  if (signal !== '' && signal !== 'TERM')
    return {
      ...{ document: 'imageConfig', path: ['StopSignal'] },
      why: `the image is stopped by SIG${signal}, and the programs of a rehearsal by SIGTERM: a pass would be of another image`,
      next: 'Change it in a copy of the file (see `gameday preflight`), or use --executor container, which runs the image.',
    };
  return findUnfitProgram(agent, documents, machine);
}

function findUnfitImage({ path, image }: Container, machine: Machine): Unfit | null {
  const wanted = machine.image ?? image ?? '';
  if (machine.hasImage(wanted)) return null;
  return {
    path: machine.image === null ? [...path, 'image'] : path,
    why: `the engine has no image "${wanted}"`,
    next: 'Pull or build it first, or name another image with --image IMAGE.',
  };
}

function findUnfitProgram(
  { path, image, start }: Container,
  { imageConfig }: Documents,
  machine: Machine,
): Unfit | null {
  const { words, isKnown } = start.commandLine;
  const open = imageConfig?.open?.entryPoint ?? null;
  if (!isKnown)
    return {
      ...(open === null ? { path } : { document: 'imageConfig', path: ['Entrypoint'] }),
      why: `the definition does not show how the image ${image ?? 'of the agent'} starts the agent${open === null ? '' : `, and ${open}`}`,
      next: 'Give the output of `docker image inspect` with --image-config FILE, or use --executor container, which runs the image.',
    };
  const [agent = '', verb = 'no word'] = start.program;
  if (isAgentStart([agent]) && verb !== 'start' && !/^[-$]/.test(verb))
    return {
      path: [...path, start.commandLine.command?.from === 'definition' ? 'command' : 'entryPoint'],
      why: `it starts no agent: after ${readBaseName(agent)} comes ${verb}, and an agent is started by the word start`,
      next: 'If the command is to be run by a shell, name the shell in entryPoint; else begin the command with "start".',
    };
  const missing = [
    start.scriptFile,
    start.shell?.name,
    start.inits.length > 0 ? null : words[0],
    start.shell === null ? start.program[0] : null,
  ].find((word) => word != null && !isAgentStart([word]) && !machine.hasProgram(word));
  if (missing == null) return null;
  return {
    path,
    why: `${missing} is a program of the image, and this machine has no program of that name`,
    next: 'Put a similar program into a folder and name it with --programs FOLDER, or use --executor container, which runs the image.',
  };
}

/** Why a sidecar is not run, or null. On this machine only programs from `--programs` are started for sidecars. */
function explainLeftOut({ image, start }: Container, machine: Machine): string | null {
  if (machine.images)
    return machine.hasImage(image ?? '') ? null : `the engine has no image "${image ?? ''}"`;
  const { entry, words } = start.commandLine;
  const [program] = entry === null ? [] : words;
  if (program === undefined) return 'its program is in its image, which this executor does not run';
  if (machine.isLent(program)) return null;
  return `${readBaseName(program)} is a program of its image; --programs FOLDER can provide a stand-in`;
}

/** A drill aims by the agent's tags. How an agent stops does not depend on them, so a rehearsal does without their being set. */
function addTags(container: JsonObject): JsonObject {
  const environment = itemsOf(member(container, 'environment'));
  return { ...container, environment: [...environment, { name: TAGS_VARIABLE, value: 'true' }] };
}

interface ContainerCopy {
  readonly value: JsonObject;
  readonly differs: readonly string[];
}

function containerOf(
  container: Container,
  isAgent: boolean,
  gone: readonly string[],
  machine: Machine,
): ContainerCopy {
  const { name } = container;
  const given = isObject(container.value) ? container.value : {};
  const [kept, lost] = splitKnown(given, OF_CONTAINER);
  const secrets = itemsOf(member(kept, 'secrets'));
  const valueless = secrets.filter((one) => textOf(member(one, 'name')) !== TOKEN);
  const waits = itemsOf(member(kept, 'dependsOn')).filter(
    (one) => !gone.includes(textOf(member(one, 'containerName')) ?? ''),
  );
  const [parameters, lostParameters] = splitKnown(
    member(kept, 'linuxParameters'),
    new Set(['initProcessEnabled']),
  );
  const health = isAgent && !machine.images ? healthOf(kept, machine) : null;
  const started = isAgent ? copyOfStart(container, machine) : { value: {}, differs: [] };
  const value: JsonObject = {
    ...kept,
    ...('secrets' in kept ? { secrets: secrets.filter((one) => !valueless.includes(one)) } : {}),
    ...('dependsOn' in kept ? { dependsOn: waits } : {}),
    ...('linuxParameters' in kept ? { linuxParameters: parameters } : {}),
    ...started.value,
    ...lendProgram(container, machine),
  };
  return {
    value:
      health === null
        ? value
        : Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'healthCheck')),
    differs: [
      ...sayLeftOut(`container ${name}`, [...lost, ...lostParameters.map((one) => `linuxParameters.${one}`)]),
      ...valueless.map(
        (one) => `container ${name}: the secret ${textOf(member(one, 'name')) ?? ''} has no value here`,
      ),
      ...(health === null ? [] : [`container ${name}: its health check is left out: ${health}`]),
      ...started.differs,
    ],
  };
}

/** The image of --image, or the entry point and command from the image's configuration. */
function copyOfStart({ name, image, start }: Container, machine: Machine): ContainerCopy {
  if (machine.images) {
    if (machine.image === null) return { value: {}, differs: [] };
    return {
      value: { image: machine.image },
      differs: [`container ${name}: the image ${machine.image} stands in for ${image ?? 'none'}`],
    };
  }
  const { entry, command } = start.commandLine;
  const ofImage = [entry, command].some((part) => part?.from === 'image');
  if (!ofImage) return { value: {}, differs: [] };
  return {
    value: { entryPoint: [...(entry?.words ?? [])], command: [...(command?.words ?? [])] },
    differs: [],
  };
}

/** The command with a program of `--programs` called by its name, whatever its path in the image. */
function lendProgram({ value, start }: Container, machine: Machine): JsonObject {
  const { entry, words: all } = start.commandLine;
  const [program = ''] = all;
  if (machine.images || !program.includes('/') || !machine.isLent(program)) return {};
  const which = entry === null ? 'command' : 'entryPoint';
  const words = textsOf(member(value, which)) ?? [];
  return words[0] === program ? { [which]: [readBaseName(program), ...words.slice(1)] } : {};
}

/** Why this machine cannot run the agent's health check, or null. */
function healthOf(container: JsonObject, machine: Machine): string | null {
  const [form, command] = textsOf(member(member(container, 'healthCheck'), 'command')) ?? [];
  if (form === undefined || form === 'NONE') return null;
  const program = form === 'CMD' ? command : /^\s*([\w./-]+)/.exec(command ?? '')?.[1];
  if (program === undefined || machine.hasProgram(program)) return null;
  return `this machine has no ${program}`;
}

/** The members with those names, and the names of the others that have a value. */
function splitKnown(
  value: Json | undefined,
  known: ReadonlySet<string>,
): readonly [JsonObject, readonly string[]] {
  const entries = Object.entries(isObject(value) ? value : {});
  return [
    Object.fromEntries(entries.filter(([name]) => known.has(name) && name !== 'pidMode')),
    entries.filter(([name, inner]) => !known.has(name) && !isEmptyAttribute(inner)).map(([name]) => name),
  ];
}

/** Whether an attribute has a value; describe-task-definition prints many empty ones. */
function isEmptyAttribute(value: Json): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isEmptyAttribute);
}

/** What the image decides beside its start, where no image is run. */
function sayImage({ documents: { imageConfig }, agent }: Subject, { images }: Machine): readonly string[] {
  const user = textOf(member(imageConfig?.value, 'User')) ?? '';
  const signal = imageConfig?.open?.stopSignal ?? null;
  return [
    ...(user === '' ? [] : [`USER ${user} of the image is not taken`]),
    ...(signal === null
      ? []
      : [`SIGTERM is taken for the image's STOPSIGNAL, which is not known: ${signal}`]),
  ].flatMap((said) => (images ? [] : [`container ${agent.name}: ${said}`]));
}

function sayLeftOut(whose: string, lost: readonly string[]): readonly string[] {
  return lost.length === 0 ? [] : [`${whose}: ${lost.join(', ')} left out, as the rig does not model it`];
}
