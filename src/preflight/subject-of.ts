import type { ContainerDefinition } from '../model/entities/task.ts';
import type { KnownImage } from '../worker/image-config.ts';
import { readStart } from '../worker/agent-start.ts';
import { commandLineOf } from '../worker/argv.ts';
import { readContainer } from '../worker/definition.ts';
import { imageConfigIn } from '../worker/image-config.ts';
import { readLaunch, type Launch } from '../worker/launch.ts';
import { isAgentStart } from '../worker/start.ts';
import { readWorker } from '../worker/worker.ts';
import type { Documents, Live } from './documents.ts';
import { itemsOf, member, textOf, textsOf, type Json } from './json.ts';
import { pipelineOf } from './pipeline.ts';
import { settingsIn } from './settings.ts';
import type { Container, Subject } from './subject.ts';

/** The agent's container could not be chosen: all containers, and those that may be the agent's (none or several). */
export interface NoAgent {
  readonly names: readonly string[];
  readonly candidates: readonly string[];
}

/** A definition in our model, and the other input of the rules; `values`: its containers as the document has them. */
export interface Known {
  readonly containers: readonly ContainerDefinition[];
  readonly values: readonly Json[];
  readonly imageConfig: KnownImage | null;
  readonly launch: Launch;
  readonly documents: Documents;
  readonly live: Live;
}

/** Reads the documents into the input of the rules; never guesses which container runs the agent. */
export function subjectOf(documents: Documents, live: Live, named: string | null): Subject | NoAgent {
  const values = itemsOf(member(documents.taskDefinition.value, 'containerDefinitions'));
  const containers = values.map(readContainer);
  const names = containers.map(({ name }) => name);
  const imageConfig = imageConfigOf(documents);
  const candidates = listCandidates(containers, values, imageConfig).map(({ name }) => name);
  const chosen = named ?? (candidates.length === 1 ? candidates[0] : undefined);
  const known = {
    ...{ containers, values, documents, live, imageConfig },
    launch: launchIn(documents),
  };
  return (chosen === undefined ? null : subjectIn(known, chosen)) ?? { names, candidates };
}

/** The input of the rules for the container with this name; null where there is none. */
export function subjectIn(known: Known, agentName: string): Subject | null {
  const { documents, live, imageConfig } = known;
  const worker = readWorker({ ...known, agent: agentName });
  const agentAt = known.containers.findIndex(({ name }) => name === agentName);
  const containers = known.containers.map((definition, index): Container => {
    const start = readStart(definition, index === agentAt ? imageConfig : null);
    return { ...definition, path: ['containerDefinitions', index], value: known.values[index], start };
  });
  const agent = containers[agentAt];
  if (worker === null || agent === undefined) return null;
  return {
    ...{ documents, live, worker, agent, imageConfig },
    sidecars: containers.filter((one) => one !== agent),
    settings: settingsIn(documents, agent, worker.settings),
    version: versionOf(agent, live),
    pipeline: documents.pipeline === null ? null : pipelineOf(documents.pipeline.value),
  };
}

/**
 * The containers that may be the agent's, as the definition shows them. Where it shows none, the image that is given decides,
 * for it is said to be the agent's: a definition's only container has it, of several those that it makes start an agent.
 */
function listCandidates(
  containers: readonly ContainerDefinition[],
  values: readonly Json[],
  imageConfig: KnownImage | null,
): readonly ContainerDefinition[] {
  const shown = containers.filter((container, index) => mayBeAgent(container, values[index]));
  if (shown.length > 0 || imageConfig === null) return shown;
  return containers.length === 1 ? containers : containers.filter((one) => startsAgent(one, imageConfig));
}

function startsAgent(container: ContainerDefinition, imageConfig: KnownImage | null): boolean {
  const { words } = commandLineOf(container, imageConfig);
  const program = /(?:^|[\s/'"=;&|])buildkite-agent(?:\s+start|-entrypoint)?(?:$|[\s'";&|])/;
  return words.some((word) => program.test(word)) || isAgentStart(words);
}

/** Whether the container starts the agent, as shown by its command line, its image or its token. */
function mayBeAgent(container: ContainerDefinition, value: Json | undefined): boolean {
  const { image, environment } = container;
  if (startsAgent(container, null)) return true;
  if (image !== null && /(?:^|\/)(?:buildkite\/agent|[\w.-]*buildkite-agent[\w.-]*)(?:[:@]|$)/.test(image))
    return true;
  const secrets = itemsOf(member(value, 'secrets')).map((one) => textOf(member(one, 'name')));
  return [...Object.keys(environment), ...secrets].includes('BUILDKITE_AGENT_TOKEN');
}

/** The image's configuration; a document without entry point, command and variables means that the image has none. */
function imageConfigOf({ imageConfig }: Documents): KnownImage | null {
  if (imageConfig === null) return null;
  const config = imageConfigIn(imageConfig.value) ?? { entryPoint: [], command: [], environment: {} };
  return imageConfig.open?.entryPoint == null ? config : { ...config, entryPoint: null };
}

function launchIn({ service, taskDefinition }: Documents): Launch {
  const strategy = itemsOf(member(service?.value, 'capacityProviderStrategy'));
  return readLaunch({
    service:
      service === null
        ? null
        : {
            launchType: textOf(member(service.value, 'launchType')),
            capacityProviders: strategy
              .map((one) => textOf(member(one, 'capacityProvider')) ?? '')
              .filter((name) => name !== ''),
          },
    compatibilities: textsOf(member(taskDefinition.value, 'requiresCompatibilities')) ?? [],
  });
}
/** The agent's version: that of running agents at Buildkite overrides the image's tag. */
function versionOf({ image }: Container, { agentVersions }: Live): Subject['version'] {
  const [running] = agentVersions ?? [];
  const ofAgents = numbersIn(running ?? '', /^v?(\d+)\.(\d+)\.(\d+)/);
  if (ofAgents !== null) return { numbers: ofAgents, said: `agents that run now are ${running ?? ''}` };
  const ofImage = numbersIn(image ?? '', /(?:^|\/)buildkite\/agent:(\d+)\.(\d+)\.(\d+)(?:-|@|$)/);
  return ofImage === null ? null : { numbers: ofImage, said: `the image is ${image ?? ''}` };
}

function numbersIn(text: string, pattern: RegExp): readonly [number, number, number] | null {
  const [, major, minor, patch] = pattern.exec(text) ?? [];
  return major === undefined ? null : [Number(major), Number(minor), Number(patch)];
}
