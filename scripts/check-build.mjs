// Builds twice, in two places, and compares: the same sources give the same bytes, whoever builds them, where and when.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const builder = join(dirname(fileURLToPath(import.meta.url)), 'build.mjs');
const folder = mkdtempSync(join(tmpdir(), 'gameday-build-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Every file of a build and the digest of its bytes. */
function digests(name) {
  const out = join(folder, name);
  const built = spawnSync(process.execPath, [builder, out], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(built.status ?? 1);
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [relative(out, file), createHash('sha256').update(readFileSync(file)).digest('hex')];
    }),
  );
}

const [one, two] = [digests('one'), digests(join('elsewhere', 'two'))];
const different = [...new Set([...one.keys(), ...two.keys()])].filter(
  (name) => one.get(name) !== two.get(name),
);
for (const name of different) console.log(`two builds differ in ${name}`);
console.log(`${one.size} files built twice, ${different.length} differ`);
process.exitCode = different.length === 0 && one.size > 0 ? 0 : 1;
