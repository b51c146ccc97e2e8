import { digestValue, DIGEST_PREFIX } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { expandedIn, hideVariable } from '../worker/hidden-start.ts';
import { hideIn, hideWords } from '../worker/hidden-words.ts';
import type { Doc, Documents } from './documents.ts';
import { isObject, itemsOf, member, textOf, textsOf } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** The same word for every secret: preflight compares no values, and its answer must be the same each time. */
const maskValue: Digest = () => `${DIGEST_PREFIX}value`;

/**
 * The documents with their secrets hidden and everything else in its place, so that rules can quote and change them.
 * Settings that rules read are kept. Other variables, options of log drivers and labels are hidden; in command lines and
 * pipelines only what looks like a secret is.
 */
export function hideDocuments(documents: Documents): Documents {
  const { taskDefinition, pipeline, imageConfig } = documents;
  const ofImage = imageConfig === null ? [] : wordsIn(imageConfig.value, ['Entrypoint', 'Cmd']);
  return {
    ...documents,
    taskDefinition: changeDoc(taskDefinition, (value) => hideDefinition(value, ofImage)),
    pipeline: pipeline === null ? null : changeDoc(pipeline, hidePipeline),
    imageConfig: imageConfig === null ? null : changeDoc(imageConfig, hideImage),
  };
}

/** A script with everything that looks like a secret hidden. */
export function hideText(text: string): string {
  return hideIn(text, maskValue);
}

function changeDoc(doc: Doc, change: (value: JsonObject) => JsonObject): Doc {
  return { ...doc, value: change(doc.value) };
}

/** The object with its members changed by the functions of the same name; members that are absent stay absent. */
function withMembers(
  value: JsonObject,
  changes: Readonly<Record<string, (member: Json) => Json>>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const change = Object.hasOwn(changes, name) ? changes[name] : undefined;
      return [name, change === undefined ? inner : change(inner)];
    }),
  );
}

function wordsIn(value: Json, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => textsOf(member(value, name)) ?? []);
}

function hideDefinition(definition: JsonObject, ofImage: readonly string[]): JsonObject {
  return withMembers(definition, {
    containerDefinitions: (list) =>
      Array.isArray(list) ? itemsOf(list).map((one) => hideContainer(one, ofImage)) : list,
  });
}

function hideContainer(container: Json, ofImage: readonly string[]): Json {
  if (!isObject(container)) return container;
  const expands = expandedIn([...wordsIn(container, ['entryPoint', 'command']), ...ofImage]);
  const options = (value: Json): Json => (isObject(value) ? withMembers(value, { options: hideAll }) : value);
  const entry = textsOf(member(container, 'entryPoint')) ?? [];
  return withMembers(container, {
    environment: (list) => (Array.isArray(list) ? itemsOf(list).map((one) => hidePair(one, expands)) : list),
    entryPoint: hideList,
    command: (list) => hideBehind(entry, list),
    healthCheck: (value) => (isObject(value) ? withMembers(value, { command: hideList }) : value),
    logConfiguration: options,
    firelensConfiguration: options,
    dockerLabels: hideAll,
  });
}

function hidePair(pair: Json, expands: ReadonlySet<string>): Json {
  const name = textOf(member(pair, 'name')) ?? '';
  if (!isObject(pair)) return pair;
  return withMembers(pair, {
    value: (value) =>
      typeof value === 'string' ? hideVariable(name, value, expands.has(name), maskValue) : value,
  });
}

function hideList(list: Json): Json {
  return hideBehind([], list);
}

/** Hides words that follow others on one command line: a flag may end the entry point and its value begin the command. */
function hideBehind(before: readonly string[], list: Json): Json {
  const words = textsOf(list);
  return words === null ? list : hideWords([...before, ...words], maskValue).slice(before.length);
}

/** Every text in it, at any depth. */
function hideAll(value: Json): Json {
  if (typeof value === 'string') return digestValue(value, maskValue);
  if (Array.isArray(value)) return itemsOf(value).map(hideAll);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideAll(inner)]));
}

function hideImage(config: JsonObject): JsonObject {
  const expands = expandedIn(wordsIn(config, ['Entrypoint', 'Cmd']));
  const variable = (text: string): string => {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    return at < 0 ? text : `${name}=${hideVariable(name, text.slice(at + 1), expands.has(name), maskValue)}`;
  };
  return withMembers(config, {
    Env: (list) => textsOf(list)?.map(variable) ?? list,
    Entrypoint: hideList,
    Cmd: (list) => hideBehind(textsOf(member(config, 'Entrypoint')) ?? [], list),
    Labels: hideAll,
  });
}

/** Hides the values of all variables, whichever step or plugin they belong to. */
function hidePipeline(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === 'env' ? hideAll(inner) : hideTexts(inner)]),
  );
}

function hideTexts(value: Json): Json {
  if (typeof value === 'string') return hideText(value);
  if (Array.isArray(value)) return itemsOf(value).map(hideTexts);
  return isObject(value) ? hidePipeline(value) : value;
}
