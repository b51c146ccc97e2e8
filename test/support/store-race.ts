import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..', '..');

/** What writers in processes of their own did, all at the same documents. */
export interface StoreRace {
  /** Per document: which writers were told that they made it. */
  readonly makers: readonly (readonly number[])[];
  /** Per writer: how often it was told that it had counted one up. */
  readonly counted: readonly number[];
}

/** A writer: it waits for the start, makes every document that nobody has made, then counts up the one counter. */
const PROGRAM = `
import { openStore, createSdk, systemClock } from './open.mjs';
const [url, me, documents, counts, startAt] = process.argv.slice(2);
const rules = { allowInsecure: false, loopbackOnly: false };
const store = await openStore(url, {
  environment: process.env,
  makeSdk: async () => createSdk({ region: process.env.AWS_REGION, ...rules }, systemClock),
});
const never = new AbortController().signal;
const given = (answer) => {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
};
while (Date.now() < Number(startAt)) await new Promise((resolve) => setTimeout(resolve, 1));
const made = [];
for (let n = 0; n < Number(documents); n += 1)
  if (given(await store.create('raced/' + n + '.json', me, never)).made) made.push(n);
let counted = 0;
while (counted < Number(counts)) {
  const standing = given(await store.read('counter.json', never));
  const next = String(Number(standing.text) + 1);
  if (given(await store.replace('counter.json', next + ' '.repeat(Number(me)), standing.tag, never)).replaced) counted += 1;
}
process.stdout.write(JSON.stringify({ made, counted }));
`;

/** Lets so many processes write into one store at the same time, which has a document `counter.json` with 0. */
export async function raceForDocuments(
  url: string,
  environment: Readonly<Record<string, string>>,
  {
    writers,
    documents,
    counts,
  }: { readonly writers: number; readonly documents: number; readonly counts: number },
): Promise<StoreRace> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-store-race-'));
  try {
    await writeFile(
      join(folder, 'entry.ts'),
      ['store/open.ts', 'ecs/sdk.ts', 'http/clock.ts']
        .map((path) => `export * from ${JSON.stringify(join(ROOT, 'src', path))};`)
        .join('\n'),
    );
    const build = await rolldown({
      input: { open: join(folder, 'entry.ts') },
      platform: 'node',
      resolve: { mainFields: ['module', 'main'] },
      transform: { define: { __dirname: 'import.meta.dirname' } },
      cwd: ROOT,
    });
    await build.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
    await build.close();
    await writeFile(join(folder, 'program.mjs'), PROGRAM);
    // Later than the slowest of them needs to get ready; who is later still races all the same.
    const startAt = String(Date.now() + 4_000);
    const each = await Promise.all(
      Array.from({ length: writers }, (_, me) =>
        runWriter(
          join(folder, 'program.mjs'),
          [url, String(me), String(documents), String(counts), startAt],
          environment,
        ),
      ),
    );
    return {
      makers: Array.from({ length: documents }, (_, n) =>
        each.flatMap(({ made }, me) => (made.includes(n) ? [me] : [])),
      ),
      counted: each.map(({ counted }) => counted),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runWriter(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly made: readonly number[]; readonly counted: number }> {
  const child = spawn(process.execPath, [program, ...words], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...environment,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, wrong] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (wrong += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0
        ? resolve(JSON.parse(said) as { made: number[]; counted: number })
        : reject(new Error(`a writer failed: ${wrong}`)),
    );
  });
}
