// Imports modules of src into a script, which Node 20 cannot do by itself: they are TypeScript.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Compiles modules into a new folder, each as NAME.mjs by the names given to their paths under src. Whoever calls removes it. */
export async function buildSources(paths) {
  // Below node_modules, so that the packages are found from there.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'gameday-sources-'));
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, join('src', path)])),
    platform: 'node',
    external: (id) => !(id.startsWith('.') || id.startsWith('src/') || isAbsolute(id)),
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return folder;
}

/** The exports of modules, by the names given to their paths under src. Packages are those of the script. */
export async function importSources(paths) {
  const folder = await buildSources(paths);
  try {
    const load = async (name) => [name, await import(pathToFileURL(join(folder, `${name}.mjs`)).href)];
    return Object.fromEntries(await Promise.all(Object.keys(paths).map(load)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
