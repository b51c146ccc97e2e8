import { digested, isPlainValue, isSecretName } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { hideWords } from './hidden-words.ts';
import { hasReadValue, isReadFlag, isReadVariable } from './read-settings.ts';

/** What a container is started with, in a definition or in an image's configuration. */
export interface Started {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The same start without its secrets. A variable that a check reads keeps its value; one that the command line expands
 * (`$FLAGS`) keeps the flags in it that are read; all others are digests. `beside` are words that may expand them as well:
 * those of the image.
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

/** The value of one variable as it may be kept. */
export function hideVariable(name: string, value: string, isExpanded: boolean, digest: Digest): string {
  if (isReadVariable(name)) return value;
  return isExpanded && !isSecretName(name) ? hideFields(value, digest) : digested(value, digest);
}

/** The names that words expand as `$NAME` or `${NAME...}`. */
export function expandedIn(words: readonly string[]): ReadonlySet<string> {
  return new Set(
    words.flatMap((word) => [...word.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name)),
  );
}

/** What a shell makes words of: flags stay, and so do the values of those that are read, numbers and switches. */
function hideFields(value: string, digest: Digest): string {
  let before = '';
  return value.replace(/\S+/g, (field) => {
    const [, flag = '', given] = /^--?([a-z][a-z-]*)(?:=([\s\S]*))?$/.exec(field) ?? [];
    const isRead = isReadFlag(flag) || (flag === '' && hasReadValue(before));
    before = given === undefined ? flag : '';
    if (isRead || isPlainValue(field) || (flag !== '' && given === undefined)) return field;
    if (flag === '') return digested(field, digest);
    return `${field.slice(0, field.indexOf('=') + 1)}${digested(given ?? '', digest)}`;
  });
}
