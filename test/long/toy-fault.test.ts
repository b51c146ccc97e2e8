import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

interface Insertion {
  readonly file: string;
  /** The line below which it goes; null: the file is new. */
  readonly below: string | null;
  readonly text: string;
}

/** Every insertion that the worked example of CONTRIBUTING.md shows. */
async function insertions(): Promise<readonly Insertion[]> {
  const page = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('A fault, step by step')) ?? '';
  const blocks = section.matchAll(/`(src\/[^`]+)`(?:, below `([^`]+)`)?\n+```ts\n(.*?)```/gs);
  return [...blocks].map(([, file = '', below, text = '']) => ({ file, below: below ?? null, text }));
}

async function insert(folder: string, { file, below, text }: Insertion): Promise<void> {
  const path = join(folder, file);
  if (below === null) return writeFile(path, text, { flag: 'wx' });
  const lines = (await readFile(path, 'utf8')).split('\n');
  const at = lines.findIndex((line) => line.trim() === below);
  expect(at, `${file} has the line ${below}`).toBeGreaterThanOrEqual(0);
  await writeFile(path, lines.toSpliced(at + 1, 0, text.trimEnd()).join('\n'));
}

/** What the tool said, and nothing where it is content. */
async function complaints(tool: string, args: readonly string[], cwd: string): Promise<string> {
  const path = join(ROOT, 'node_modules', '.bin', tool);
  return run(path, args, { cwd, maxBuffer: 1 << 26 }).then(
    () => '',
    (error: unknown) => {
      const { stdout, message } = error as Error & { readonly stdout?: string };
      return `${message}\n${stdout ?? ''}`;
    },
  );
}

describe('the fault that CONTRIBUTING.md adds step by step', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gameday-toy-'));
    const files = ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs'];
    for (const file of files) await cp(join(ROOT, file), join(folder, file), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const one of await insertions()) await insert(folder, one);
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it('touches at most eight files', async () => {
    const files = new Set((await insertions()).map(({ file }) => file));
    expect(files).toContain('src/faults/list.ts');
    expect(files.size).toBeLessThanOrEqual(8);
  });

  it('is all that the types ask for', async () => {
    expect(await complaints('tsc', ['--noEmit', '-p', 'tsconfig.json'], folder)).toBe('');
  });

  it('keeps to the walls', async () => {
    expect(await complaints('depcruise', ['--config', '.dependency-cruiser.cjs', 'src'], folder)).toBe('');
  });
});
