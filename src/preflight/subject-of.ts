import { argvOf } from './argv.ts';
import { isObject, itemsOf, member, numberOf, textOf } from './json.ts';
import type { Json } from './json.ts';
import { launchOf } from './launch.ts';
import { pipelineOf } from './pipeline.ts';
import { settingsOf } from './settings.ts';
import { startOf, startsAgent } from '../worker/start.ts';
import type { Documents, Live } from './documents.ts';
import type { Container, Subject } from './subject.ts';

/** What was looked for and not found: the containers there are, of which several or none may be the agent's. */
export interface NoAgent {
  readonly names: readonly string[];
  readonly candidates: readonly string[];
}

/** Reads the documents into what the rules look at; where the agent's container cannot be told it says so and guesses none. */
export function subjectOf(documents: Documents, live: Live, named: string | null): Subject | NoAgent {
  const values = itemsOf(member(documents.taskDefinition.value, 'containerDefinitions'));
  const names = values.map((value) => textOf(member(value, 'name')) ?? '');
  const candidates = values.flatMap((value, index) =>
    looksLikeAgent(value, documents) ? [names[index] ?? ''] : [],
  );
  const chosen = named ?? (candidates.length === 1 ? candidates[0] : undefined);
  const index = chosen === undefined ? -1 : names.indexOf(chosen);
  if (index === -1) return { names, candidates };
  const containers = values.map((value, at) => containerOf(documents, value, at, at === index));
  const agent = containers[index];
  if (agent === undefined) return { names, candidates };
  return {
    documents,
    live,
    agent,
    sidecars: containers.filter((one) => one !== agent),
    launch: launchOf(documents),
    settings: settingsOf(documents, agent.path, agent.value, agent.argv, agent.start),
    version: versionOf(agent, live),
    pipeline: documents.pipeline === null ? null : pipelineOf(documents.pipeline.value),
  };
}

/** It starts the agent, or its image or its token says that it does. */
function looksLikeAgent(value: Json, documents: Documents): boolean {
  const container = { ...documents, imageConfig: null };
  const path = [
    'containerDefinitions',
    itemsOf(member(documents.taskDefinition.value, 'containerDefinitions')).indexOf(value),
  ];
  const image = textOf(member(value, 'image'));
  const { words } = argvOf(container, path, image, false);
  if (
    words.some((word) =>
      /(?:^|[\s/'"=;&|])buildkite-agent(?:\s+start|-entrypoint)?(?:$|[\s'";&|])/.test(word),
    ) ||
    startsAgent(words)
  )
    return true;
  if (image !== null && /(?:^|\/)(?:buildkite\/agent|[\w.-]*buildkite-agent[\w.-]*)(?:[:@]|$)/.test(image))
    return true;
  return [...itemsOf(member(value, 'environment')), ...itemsOf(member(value, 'secrets'))].some(
    (one) => textOf(member(one, 'name')) === 'BUILDKITE_AGENT_TOKEN',
  );
}

function containerOf(documents: Documents, value: Json, index: number, ofAgent: boolean): Container {
  const path = ['containerDefinitions', index];
  const image = textOf(member(value, 'image'));
  const argv = argvOf(documents, path, image, ofAgent);
  return {
    name: textOf(member(value, 'name')) ?? '',
    path,
    value,
    image,
    // ECS: a container is essential unless it says otherwise.
    essential: member(value, 'essential') !== false,
    stopTimeout: numberOf(member(value, 'stopTimeout')),
    dependsOn: itemsOf(member(value, 'dependsOn'))
      .filter(isObject)
      .flatMap((one) => textOf(member(one, 'containerName')) ?? []),
    argv,
    start: startOf(argv),
  };
}

/** A version that Buildkite shows of a running agent goes before the one in an image's tag. */
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
