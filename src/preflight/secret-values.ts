import { isSecretValue } from '../model/secret-looks.ts';
import { hideIn, hideWords } from '../worker/hidden-words.ts';
import { isObject, itemsOf, member, textOf, textsOf } from './json.ts';
import type { Json } from './json.ts';
import type { Documents } from './documents.ts';

/** Characters; shorter values would match parts of ordinary words. */
const SHORTEST = 8;

/** The secrets that stand in the documents in plain text, so that they can be hidden everywhere. */
export function secretsIn({ taskDefinition, imageConfig, pipeline }: Documents): readonly string[] {
  const containers = itemsOf(member(taskDefinition.value, 'containerDefinitions'));
  const found = [
    ...containers.flatMap((one) => [
      ...itemsOf(member(one, 'environment')).flatMap((pair) =>
        secretsOfPair(textOf(member(pair, 'name')), textOf(member(pair, 'value'))),
      ),
      ...secretsInWords([
        ...(textsOf(member(one, 'entryPoint')) ?? []),
        ...(textsOf(member(one, 'command')) ?? []),
      ]),
    ]),
    ...(textsOf(member(imageConfig?.value, 'Env')) ?? []).flatMap((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(pair) ?? [];
      return secretsOfPair(name, value);
    }),
    ...secretsInWords(
      ['Entrypoint', 'Cmd'].flatMap((name) => textsOf(member(imageConfig?.value, name)) ?? []),
    ),
    ...secretsInTexts(pipeline?.value),
  ];
  return [...new Set(found)].filter((value) => value.length >= SHORTEST);
}

function secretsOfPair(name: string | null, value: string | null): readonly string[] {
  return name !== null && value !== null && isSecretValue(name, value) ? [value] : [];
}

/** The words of a command line that look like secrets. */
function secretsInWords(words: readonly string[]): readonly string[] {
  const found: string[] = [];
  hideWords(words, (value) => {
    found.push(value);
    return value;
  });
  return found;
}

/** The words of any text in a document that look like secrets, and the variables of its steps. */
function secretsInTexts(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return secretsInText(value);
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(secretsInTexts);
  if (!isObject(value)) return [];
  const own = Object.entries(value).flatMap(([key, inner]) =>
    key === 'env' && isObject(inner)
      ? Object.entries(inner).flatMap(([name, text]) => secretsOfPair(name, textOf(text)))
      : [],
  );
  return [...own, ...Object.values(value).flatMap(secretsInTexts)];
}

function secretsInText(text: string): readonly string[] {
  const found: string[] = [];
  hideIn(text, (value) => {
    found.push(value);
    return value;
  });
  return found;
}
