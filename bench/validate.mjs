// `gameday validate` of one file, and whether it loads an SDK that it does not need.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BIN, run, spread, times } from './measure.mjs';

const COMMAND = [BIN, 'validate', 'scenarios/exec-form.yaml'];

/** The files of ours that a run loaded, as V8's own coverage lists them. */
async function loaded(args) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-loaded-'));
  try {
    await run(args, { env: { NODE_V8_COVERAGE: folder } });
    return readdirSync(folder)
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).result)
      .filter(({ url }) => url.includes('/dist/'))
      .map(({ url }) => fileURLToPath(url));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The packages whose code is in these files, by their source maps. */
function packagesIn(files) {
  const sources = files
    .map((file) => `${file}.map`)
    .filter((map) => existsSync(map))
    .flatMap((map) => JSON.parse(readFileSync(map, 'utf8')).sources);
  return new Set(sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []));
}

export async function measure() {
  const took = spread(await times(COMMAND), 'ms');
  const files = await loaded(COMMAND);
  const packages = packagesIn(files);
  const sdks = ['@aws-sdk/client-ecs', 'graphql', 'hono'].filter((name) => packages.has(name));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return [
    `gameday validate of one file: ${took.text}`,
    `it loads ${files.length} files, ${(bytes / 1024).toFixed(0)} KiB`,
    `SDKs it loads: ${sdks.length === 0 ? 'none' : sdks.join(', ')}`,
  ];
}
