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
        secretNamed(textOf(member(pair, 'name')), textOf(member(pair, 'value'))),
      ),
      ...inWords([...(textsOf(member(one, 'entryPoint')) ?? []), ...(textsOf(member(one, 'command')) ?? [])]),
    ]),
    ...(textsOf(member(imageConfig?.value, 'Env')) ?? []).flatMap((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(pair) ?? [];
      return secretNamed(name, value);
    }),
    ...inWords(textsOf(member(imageConfig?.value, 'Cmd')) ?? []),
    ...inTexts(pipeline?.value),
  ];
  return [...new Set(found)].filter((value) => value.length >= SHORTEST);
}

function secretNamed(name: string | null, value: string | null): readonly string[] {
  return name !== null && value !== null && isSecretValue(name, value) ? [value] : [];
}

/** The words of a command line that look like secrets. */
function inWords(words: readonly string[]): readonly string[] {
  const found: string[] = [];
  hideWords(words, (value) => {
    found.push(value);
    return value;
  });
  return found;
}

/** The words of any text in a document that look like secrets, and the variables of its steps. */
function inTexts(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return inText(value);
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(inTexts);
  if (!isObject(value)) return [];
  const own = Object.entries(value).flatMap(([key, inner]) =>
    key === 'env' && isObject(inner)
      ? Object.entries(inner).flatMap(([name, text]) => secretNamed(name, textOf(text)))
      : [],
  );
  return [...own, ...Object.values(value).flatMap(inTexts)];
}

function inText(text: string): readonly string[] {
  const found: string[] = [];
  hideIn(text, (value) => {
    found.push(value);
    return value;
  });
  return found;
}
