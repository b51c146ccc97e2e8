import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInput } from '../../src/gate/input.ts';
import type { GateFlags } from '../../src/gate/options.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const flags = {
  ...{ claim: 'lost-given-stop < 5 % at 95 %', 'task-definition': 'task.json', fault: 'stop-task' },
} as GateFlags;
const onRuns = { claim: 'runs-lost < 1 % at 95 %' };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-gate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, value: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

test.each<[string, Partial<GateFlags>]>([
  ['--claim, character 17: "<=" is not the sign', { claim: 'lost-given-stop <= 5 % at 95 %' }],
  ['which worker is to be released?', { cluster: 'a', service: 'b' }],
  ['which worker is to be released?', { 'task-definition': undefined }],
  ['--service and --cluster belong together', { 'task-definition': undefined, service: 'b' }],
  ['--service and --cluster belong together', { cluster: 'b' }],
  ['--fault: there is no fault "stop-tasks"', { fault: 'stop-tasks' }],
  ['"agent=latest" is not CONTAINER=sha256:', { 'image-digest': ['agent=latest'] }],
  ['"5/2" is no share of runs', { ...onRuns, stopped: '5/2' }],
  ['"0 %" is no share of runs', { ...onRuns, stopped: '0 %' }],
  ['a claim on runs needs to know how many of them meet a stop', onRuns],
  ['--stopped and --losses belong to a claim on runs', { stopped: '2 %' }],
  ['the losses cannot be read', { ...onRuns, losses: '/nowhere/losses.json' }],
])('bad input: %s', async (said, more) => {
  await expect(readInput({ ...flags, ...more })).rejects.toMatchObject({
    reason: 'bad-input',
    message: expect.stringContaining(said) as string,
  });
});

describe('what is given for a claim on runs', () => {
  test.each<[string, object]>([
    ['2.2 %', { by: 'statement', share: 0.022 }],
    ['2.2%', { by: 'statement', share: 0.022 }],
    ['180/10000', { by: 'count', stopped: { failed: 180, trials: 10_000 } }],
  ])('--stopped "%s"', async (stopped, stops) => {
    expect((await readInput({ ...flags, ...onRuns, stopped })).stops).toEqual(stops);
  });

  test('runs of which it is not known whether they were lost count against the claim, and not in its favour', async () => {
    const total = { runs: 4000, lost: 10, hidden: 2, undecided: 6 };
    const losses = put('losses.json', { losses: { total, designEffect: 2 } });
    expect((await readInput({ ...flags, ...onRuns, losses })).losses).toEqual({
      ...{ runs: 4000, lost: 10 },
      against: { failed: 8, trials: 2000 },
      inFavour: { failed: 5, trials: 2000 },
    });
  });

  test.each(['', '[]', '{"losses":{"total":{"runs":-1,"lost":0,"undecided":0},"designEffect":1}}'])(
    'a file that is not the document of losses: %j',
    async (text) => {
      const losses = put('other.json', text);
      await expect(readInput({ ...flags, ...onRuns, losses })).rejects.toThrow(
        'not the document of `gameday losses`',
      );
    },
  );
});

test('digests are read by their containers', async () => {
  expect((await readInput({ ...flags, 'image-digest': [`agent=${DIGEST}`] })).digests).toEqual({
    agent: DIGEST,
  });
});
