// A command whose start-up counts becomes one file: each module of its own costs half a millisecond to find and load.
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

/** Modules that must be there once: an error is told by its class, also where a module that is loaded later throws it; and the process has one way out. */
const SHARED = ['model/errors.js', 'cli/exit-codes.js'];

/**
 * Puts a compiled command and all that it imports at its start into its own file. `later` stays outside, with what only it
 * imports: it is loaded when it is needed. Packages stay outside as well.
 */
export async function oneFile(dist, command, later) {
  const input = join(dist, command);
  const outside = new Set([...SHARED, ...later].map((name) => join(dist, name)));
  const bundle = await rolldown({
    input,
    platform: 'node',
    // The names of the modules stand in its comments: seen from here they are the same wherever it is built.
    cwd: dist,
    // Asked twice of each: with the words of the import, and with the file that they lead to.
    external: (id, importer) => {
      const relative = id.startsWith('.') && importer !== undefined;
      const file = relative ? resolve(dirname(importer), id) : id;
      return outside.has(file) || !(relative || isAbsolute(id));
    },
  });
  await bundle.write({ file: input, format: 'esm', codeSplitting: false });
  await bundle.close();
}
