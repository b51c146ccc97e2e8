import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { InputError } from './problem.ts';
import { findClosest } from '../model/suggest.ts';

/** It lies at the same distance from here and from a chunk in dist. */
const SCENARIOS = fileURLToPath(new URL('../../scenarios/', import.meta.url));
/** Scenarios at the top and in these folders have names; the others are parts of a whole, such as a study. */
const FOLDERS = ['.', 'faults', 'rehearsal', 'sidecars', 'triggers'];

/** The files of the scenarios that gameday ships, by name: `exec-form` is scenarios/exec-form.yaml, `scale-in` scenarios/faults/scale-in.yaml. */
export async function listShipped(): Promise<ReadonlyMap<string, string>> {
  const folders = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(join(SCENARIOS, folder)))
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => [basename(file, '.yaml'), join(SCENARIOS, folder, file)] as const),
    ),
  );
  return new Map(folders.flat());
}

/** Every shipped scenario with its title, in the order of their names. */
export async function describeShipped(): Promise<
  readonly { readonly name: string; readonly title: string; readonly file: string }[]
> {
  const shipped = [...(await listShipped())].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(
    shipped.map(async ([name, file]) => {
      const { title = '' } = parse(await readFile(file, 'utf8')) as { readonly title?: string };
      return { name: `@${name}`, title, file };
    }),
  );
}

/** The file that `@NAME` means, or why it means none. */
export async function findShipped(reference: string): Promise<string | Pick<InputError, 'message' | 'next'>> {
  const shipped = await listShipped();
  const name = reference.slice(1);
  const names = [...shipped.keys()].toSorted();
  const near = findClosest(name, names);
  return (
    shipped.get(name) ?? {
      message: `gameday ships no scenario with the name ${name}`,
      next:
        near === null
          ? `There are ${names.map((one) => `@${one}`).join(', ')}. A file whose name begins with @ is given as ./${reference}.`
          : `Did you mean @${near}? A file whose name begins with @ is given as ./${reference}.`,
    }
  );
}
