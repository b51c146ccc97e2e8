import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLockSharing } from '../../src/parallel/shared-lock.ts';
import { createSurroundings } from '../../src/surroundings/client.ts';

const KEY = 'ecs.us-east-1.amazonaws.com|us-east-1|build-prod|build-agents';
const never = new AbortController().signal;

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'gameday-lock-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

/** Surroundings of drills, where so many of them may run on the service. */
function drills(drillsAtOnce: number) {
  const plain = createSurroundings({ environment: {}, stateDir });
  const shared = createLockSharing().share(plain, drillsAtOnce);
  const take = async (drill: string, by = shared): Promise<boolean> => {
    const answer = await by.lock(KEY, drill, never);
    return answer.ok && answer.value.ours;
  };
  return { plain, shared, take };
}

describe('one lock for several drills of a process', () => {
  it('is taken by all of them, also in one moment', async () => {
    const { take } = drills(3);
    expect(await Promise.all([take('one'), take('two'), take('three')])).toEqual([true, true, true]);
  });

  it('stays one drill at a time where no more are allowed', async () => {
    const { take } = drills(1);
    expect([await take('one'), await take('two')]).toEqual([true, false]);
  });

  it('is held against others until the last of them gives it back', async () => {
    const { take, shared, plain } = drills(2);
    await Promise.all([take('one'), take('two')]);
    await shared.unlock(KEY, 'one', false);
    expect(await take('stranger', plain)).toBe(false);
    expect(await take('two')).toBe(true);
    await shared.unlock(KEY, 'two', false);
    expect(await take('stranger', plain)).toBe(true);
  });

  it('is not had by any of them while a stranger holds it', async () => {
    const { take, shared, plain } = drills(2);
    await take('stranger', plain);
    expect([await take('one'), await take('two')]).toEqual([false, false]);
    await shared.unlock(KEY, 'one', false);
    expect(await take('stranger', plain)).toBe(true);
  });
});
