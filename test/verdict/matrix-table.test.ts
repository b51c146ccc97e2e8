import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { REASONS } from '../../src/model/reasons.ts';

function text(path: string): Promise<string> {
  return readFile(new URL(`../${path}`, import.meta.url), 'utf8');
}

/** The table of test/e2e/README.md, row by row. */
async function rows(): Promise<readonly { reason: string; file: string; title: string }[]> {
  const readme = await text('e2e/README.md');
  return [...readme.matchAll(/^\| `([a-z0-9-]+)` +\| (later|`([^`]+)`) +\| (.*?) *\|$/gm)].map(
    ([, reason = '', , file = 'later', title = '']) => ({ reason, file, title }),
  );
}

it('names every reason once', async () => {
  expect((await rows()).map(({ reason }) => reason)).toEqual(Object.keys(REASONS));
});

it('puts off nothing', async () => {
  const late = (await rows()).filter(({ file }) => file === 'later').map(({ reason }) => reason);
  expect(late).toEqual([]);
});

it('names a case that is there and expects the reason', async () => {
  for (const { reason, file, title } of await rows()) {
    if (file === 'later') continue;
    const source = await text(file);
    expect([reason, new RegExp(`\\b${reason}\\b`).test(source)]).toEqual([reason, true]);
    expect([file, source.includes(title.replaceAll('\\', ''))]).toEqual([file, true]);
  }
});
