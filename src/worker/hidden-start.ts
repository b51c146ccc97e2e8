import { digestValue, isPlainValue, isSecretName } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { hideWords } from './hidden-words.ts';
import { hasReadValue, isReadFlag, isReadVariable } from './read-settings.ts';

/** The start of a container: entry point, command and variables, of a definition or an image. */
export interface Started {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The start with its secrets hidden. A variable that a check reads keeps its value. A variable that the command line expands
 * (`$FLAGS`) keeps those flags that are read. All others become digests. `beside` are the image's words, which may also
 * expand variables.
 */
export function hideStart<T extends Started>(
  start: T,
  digest: Digest,
  beside: readonly string[] = [],
): T & { entryPoint: string[]; command: string[]; environment: Record<string, string> } {
  const words = hideWords([...start.entryPoint, ...start.command], digest);
  const expands = expandedIn([...start.entryPoint, ...start.command, ...beside]);
  return {
    ...start,
    entryPoint: words.slice(0, start.entryPoint.length),
    command: words.slice(start.entryPoint.length),
    environment: Object.fromEntries(
      Object.entries(start.environment).map(([name, value]) => [
        name,
        hideVariable(name, value, expands.has(name), digest),
      ]),
    ),
  };
}

/** The value of one variable, hidden where needed. */
export function hideVariable(name: string, value: string, isExpanded: boolean, digest: Digest): string {
  if (isReadVariable(name)) return value;
  return isExpanded && !isSecretName(name) ? hideFields(value, digest) : digestValue(value, digest);
}

/** The names that the words expand, as `$NAME` or `${NAME...}`. */
export function expandedIn(words: readonly string[]): ReadonlySet<string> {
  return new Set(
    words.flatMap((word) => [...word.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name)),
  );
}

/** Hides a value that a shell expands to words: flags stay, as do values of flags that are read, numbers and switches. */
function hideFields(value: string, digest: Digest): string {
  let before = '';
  return value.replace(/\S+/g, (field) => {
    const [, flag = '', given] = /^--?([a-z][a-z-]*)(?:=([\s\S]*))?$/.exec(field) ?? [];
    const isRead = isReadFlag(flag) || (flag === '' && hasReadValue(before));
    before = given === undefined ? flag : '';
    if (isRead || isPlainValue(field) || (flag !== '' && given === undefined)) return field;
    if (flag === '') return digestValue(field, digest);
    return `${field.slice(0, field.indexOf('=') + 1)}${digestValue(given ?? '', digest)}`;
  });
}
