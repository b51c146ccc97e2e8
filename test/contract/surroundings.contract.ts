import { describe, expect, test } from 'vitest';
import type { Surroundings } from '../../src/surroundings/port.ts';
import { valueOf } from './buildkite.contract.ts';

const never = new AbortController().signal;

/** What every Surroundings port must do: the fake and the client alike, each on a fresh state directory. */
export function surroundingsContract(name: string, setUp: () => Surroundings): void {
  describe(`Surroundings port: ${name}`, () => {
    test('nothing is around: no task, no switch, no injection', async () => {
      const surroundings = setUp();
      expect(valueOf(await surroundings.self(never))).toMatchObject({ taskArn: null, unresolved: null });
      expect(valueOf(await surroundings.killSwitch(null, never))).toEqual({ thrown: null });
      expect(valueOf(await surroundings.pastInjections('k', 'd', never))).toEqual({ injections: [] });
    });

    test('the state folder is named, and can be written to', async () => {
      expect(valueOf(await setUp().stateFolder())).toMatch(/state$/);
    });

    test('the lock belongs to the first drill until it gives it back', async () => {
      const surroundings = setUp();
      expect(valueOf(await surroundings.lock('k', 'd1', never))).toMatchObject({ key: 'k', ours: true });
      expect(valueOf(await surroundings.lock('k', 'd1', never)).ours).toBe(true);
      const second = valueOf(await surroundings.lock('k', 'd2', never));
      expect(second.ours).toBe(false);
      expect(second.heldBy).toContain('d1');
      await surroundings.unlock('k', 'd2', false);
      expect(valueOf(await surroundings.lock('k', 'd2', never)).ours).toBe(false);
      await surroundings.unlock('k', 'd1', false);
      expect(valueOf(await surroundings.lock('k', 'd2', never)).ours).toBe(true);
    });

    test('injections are kept by key', async () => {
      const surroundings = setUp();
      await surroundings.recordInjection('k', { drill: 'd1', taskArn: 'arn', at: 1 });
      await surroundings.recordInjection('other', { drill: 'd2', taskArn: 'arn', at: 2 });
      expect(valueOf(await surroundings.pastInjections('k', 'd', never))).toEqual({
        injections: [{ drill: 'd1', taskArn: 'arn', at: 1 }],
      });
    });
  });
}
