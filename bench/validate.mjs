// `gameday validate` of one file, and whether it loads an SDK that it does not need.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, run, spread, times } from './measure.mjs';

const COMMAND = [BIN, 'validate', 'scenarios/exec-form.yaml'];

/** The libraries that a run loaded, as V8's own coverage lists them. */
async function loaded(args) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-loaded-'));
  try {
    await run(args, { env: { NODE_V8_COVERAGE: folder } });
    return readdirSync(folder)
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).result)
      .map(({ url }) => url);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure() {
  const took = spread(await times(COMMAND), 'ms');
  const urls = await loaded(COMMAND);
  const sdks = ['@aws-sdk/client-ecs', 'graphql-request', 'hono'].filter((name) =>
    urls.some((url) => url.includes(`/${name}/`)),
  );
  return [
    `gameday validate of one file: ${took.text}`,
    `SDKs it loads: ${sdks.length === 0 ? 'none' : sdks.join(', ')}`,
  ];
}
