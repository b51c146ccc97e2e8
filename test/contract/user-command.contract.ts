import { describe, expect, test } from 'vitest';
import type { CallOf } from '../../src/model/call.ts';
import type { UserCommand } from '../../src/user-command/port.ts';
import { until } from '../support/until.ts';

/** What the commands of the suite do. */
export type Deed = 'ends with 3' | 'goes on' | 'is not there';

export interface UserCommandBench {
  readonly port: UserCommand;
  /** The words of a command that does this. */
  words(deed: Deed): readonly string[];
  /** Lets so many milliseconds pass, where time does not pass by itself. */
  pass(ms: number): void;
}

export function callOf(command: readonly string[], limit = 60_000): CallOf<'run-command'> {
  const place = { cluster: 'build-prod', service: 'build-agents' };
  return { kind: 'run-command', ...place, command: [...command], limit };
}

/** What every port of the user's command must do: the fake and the client alike. */
export function userCommandContract(name: string, setUp: () => UserCommandBench): void {
  describe(`UserCommand port: ${name}`, () => {
    test('knows nothing of a command that it has not started', async () => {
      const { port } = setUp();
      expect(port.read()).toBeNull();
      expect(await port.end('interruption', 'SIGINT')).toBeNull();
    });

    test('does not wait for a command, and tells how it ends', async () => {
      const { port, words, pass } = setUp();
      const started = await port.start(callOf(words('ends with 3')));
      expect(started).toMatchObject({ ok: true, value: { state: 'running', endedAt: null, exitCode: null } });
      pass(1_000);
      await until('its end', async () => port.read()?.state === 'ended');
      expect(port.read()).toMatchObject({ exitCode: 3, signal: null, endedBy: null, leftProcesses: false });
      const { startedAt, endedAt } = port.read() ?? {};
      expect(endedAt ?? 0).toBeGreaterThanOrEqual(startedAt ?? Infinity);
      // It is over: there is nothing to end any more.
      expect(await port.end('end-of-drill', 'SIGTERM')).toMatchObject({ exitCode: 3, endedBy: null });
    });

    test('says that a command could not be started, and that nothing happened', async () => {
      const { port, words } = setUp();
      const started = await port.start(callOf(words('is not there')));
      expect(started).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'not-found' } });
      expect(port.read()).toBeNull();
    });

    test('ends a command whose time is over', async () => {
      const { port, words, pass } = setUp();
      await port.start(callOf(words('goes on'), 1_000));
      pass(1_000);
      await until('its end', async () => port.read()?.state === 'ended');
      expect(port.read()).toMatchObject({ exitCode: null, signal: 'SIGTERM', endedBy: 'limit' });
    });

    test('ends a command when it is told to, with the signal that it is told', async () => {
      const { port, words } = setUp();
      await port.start(callOf(words('goes on')));
      expect(port.read()).toMatchObject({ state: 'running' });
      expect(await port.end('interruption', 'SIGINT')).toMatchObject({
        ...{ state: 'ended', exitCode: null, signal: 'SIGINT', endedBy: 'interruption' },
      });
    });
  });
}
