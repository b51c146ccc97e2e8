// Compiles into a fresh folder and swaps it in, so that a removed source cannot live on in dist; then copies what tsc does not,
// and makes one file of a command that is to be quick. `node scripts/build.mjs DIR` builds there instead of in dist.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneFile } from './one-file.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = resolve(process.argv[2] ?? join(root, 'dist'));
const fresh = `${out}.${process.pid}`;
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
  cwd: root,
  stdio: 'inherit',
});
if (compiled.status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.exit(compiled.status ?? 1);
}
for (const entry of readdirSync(join(root, 'src'), { recursive: true })) {
  if (!entry.endsWith('.graphql')) continue;
  mkdirSync(dirname(join(fresh, entry)), { recursive: true });
  cpSync(join(root, 'src', entry), join(fresh, entry));
}
await oneFile(fresh, 'commands/preflight.js', [
  'cli/reporters.js',
  'cli/wire.js',
  'forecast/history.js',
  'preflight/live.js',
  'preflight/sarif.js',
  'preflight/yaml.js',
]);
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);
