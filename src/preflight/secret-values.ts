import { isObject, itemsOf, member, textOf, textsOf } from './json.ts';
import type { Json } from './json.ts';
import type { Documents } from './documents.ts';

/** Shorter values would be found in innocent words. */
const SHORTEST = 8;
const SECRET_NAME = /TOKEN|SECRET|PASSWORD|PASSWD|PRIVATE_KEY|ACCESS_KEY/i;

/** Secrets that somebody wrote into a definition as they are: they are shown nowhere. */
export function secretsIn({ taskDefinition, imageConfig, pipeline }: Documents): readonly string[] {
  const containers = itemsOf(member(taskDefinition.value, 'containerDefinitions'));
  const found = [
    ...containers.flatMap((one) => [
      ...itemsOf(member(one, 'environment')).flatMap((pair) =>
        secretNamed(textOf(member(pair, 'name')), textOf(member(pair, 'value'))),
      ),
      ...tokensIn([
        ...(textsOf(member(one, 'entryPoint')) ?? []),
        ...(textsOf(member(one, 'command')) ?? []),
      ]),
    ]),
    ...(textsOf(member(imageConfig?.value, 'Env')) ?? []).flatMap((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(pair) ?? [];
      return secretNamed(name, value);
    }),
    ...tokensIn(textsOf(member(imageConfig?.value, 'Cmd')) ?? []),
    ...variablesIn(pipeline?.value),
  ];
  return [...new Set(found)].filter((value) => value.length >= SHORTEST);
}

function secretNamed(name: string | null, value: string | null): readonly string[] {
  return name !== null && value !== null && SECRET_NAME.test(name) ? [value] : [];
}

/** The word behind `--token`, in a list or inside a script. */
function tokensIn(words: readonly string[]): readonly string[] {
  const apart = words.flatMap((word, index) => (/^--?token$/.test(word) ? [words[index + 1] ?? ''] : []));
  const inside = words.flatMap((word) =>
    [...word.matchAll(/(?:--?token[= ]\s*|[A-Z_]*(?:TOKEN|SECRET|PASSWORD)[A-Z_]*=)["']?([^\s"';|&]+)/g)].map(
      ([, value = '']) => value,
    ),
  );
  return [...apart, ...inside].filter((value) => !value.startsWith('$'));
}

function variablesIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(variablesIn);
  if (!isObject(value)) return [];
  const own = Object.entries(value).flatMap(([key, inner]) =>
    key === 'env' && isObject(inner)
      ? Object.entries(inner).flatMap(([name, text]) => secretNamed(name, textOf(text)))
      : [],
  );
  return [...own, ...Object.values(value).flatMap(variablesIn)];
}
