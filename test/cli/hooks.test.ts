import { describe, expect, test } from 'vitest';
import { giveHooks, readHooks } from '../../src/cli/hooks.ts';
import { makeHook } from '../../src/scenario/notify.ts';
import type { Hook } from '../../src/model/entities/notice.ts';
import { planOf } from '../support/plans.ts';

const HERE = 'http://127.0.0.1:8080/hook';
const AWAY = 'https://hooks.slack.com/services/T0/B0/key';
const VALUES = {
  HOOK: HERE,
  AWAY,
  PLAIN: 'http://hooks.example/x',
  KEY: 'sixteen-letters-and-more',
  SHORT: 'short',
};

function given(notify: readonly string[], over: { rig?: boolean; hooks?: readonly Hook[] } = {}) {
  const [said, learned]: [string[], string[]] = [[], []];
  const output = {
    learn: (secrets: readonly string[]) => void learned.push(...secrets),
    stderr: { write: (text: string) => void said.push(text) },
  };
  const loaded = {
    ...{ file: 'web.yaml', scenario: planOf().scenario, digest: '', secrets: [], unmarked: [] },
    hooks: over.hooks ?? [],
  };
  const { scenarios, errors } = giveHooks(
    { scenarios: [loaded], errors: [] },
    { notify: [...notify], rig: over.rig ?? false, insecure: false },
    { environment: VALUES, output: output as never },
  );
  const [scenario] = scenarios;
  return {
    hooks: scenario?.hooks,
    told: scenario?.scenario.notify,
    secrets: scenario?.secrets,
    errors,
    said,
    learned,
  };
}

describe('--notify', () => {
  test('names variables; their values are secrets, and the drill knows the hosts alone', () => {
    const { hooks, told, secrets, learned } = given(['webhook=AWAY:KEY', 'slack=AWAY']);
    expect(hooks).toEqual([makeHook('webhook', AWAY, VALUES.KEY), makeHook('slack', AWAY, null)]);
    expect(told).toEqual([
      { kind: 'webhook', host: 'hooks.slack.com' },
      { kind: 'slack', host: 'hooks.slack.com' },
    ]);
    expect(secrets).toEqual(expect.arrayContaining([AWAY, VALUES.KEY]));
    expect(learned).toEqual(expect.arrayContaining([AWAY, VALUES.KEY]));
  });

  test.each([
    ['mail=AWAY', '--notify names no webhook or slack with a variable'],
    ['slack=AWAY:KEY', '--notify names no webhook or slack with a variable'],
    [`slack=${AWAY}`, '--notify names no webhook or slack with a variable'],
    ['slack=UNSET', '--notify: the variable UNSET is not set'],
    ['webhook=AWAY:SHORT', '--notify: the variable SHORT has fewer than 16 characters'],
  ])('%s is bad input', (flag, message) => {
    expect(() => given([flag])).toThrow(message);
  });

  test('an address without TLS is bad input, at another machine', () => {
    expect(given(['webhook=PLAIN']).errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('notify: the address of webhook'),
    ]);
    expect(given(['webhook=HOOK']).errors).toEqual([]);
  });

  test('on the rig nobody but this machine is told, which is said without the address', () => {
    const { hooks, told, said } = given(['webhook=HOOK:KEY', 'slack=AWAY'], { rig: true });
    expect(hooks).toEqual([makeHook('webhook', HERE, VALUES.KEY)]);
    expect(told).toEqual([{ kind: 'webhook', host: '127.0.0.1:8080' }]);
    expect(said).toEqual([
      'notify: hooks.slack.com is not told: a drill on the rig contacts nothing but this machine\n',
    ]);
  });
});

describe('--notify of a command that reads no scenario', () => {
  const read = (notify: readonly string[], rig: boolean) => {
    const said: string[] = [];
    const output = { learn: () => undefined, stderr: { write: (text: string) => void said.push(text) } };
    const given = { notify: [...notify], rig, insecure: false };
    return { ...readHooks(given, { environment: VALUES, output: output as never }), said };
  };

  test('gives hooks, and their addresses and keys as secrets', () => {
    const { hooks, secrets } = read(['webhook=AWAY:KEY'], false);
    expect(hooks).toEqual([makeHook('webhook', AWAY, VALUES.KEY)]);
    expect(secrets).toEqual([AWAY, VALUES.KEY]);
  });

  test('takes no address without TLS at another machine', () => {
    expect(() => read(['webhook=PLAIN'], false)).toThrow('notify: the address of webhook');
  });

  test('on the rig gives those of this machine, and says whom it leaves out', () => {
    const { hooks, said } = read(['webhook=HOOK', 'slack=AWAY'], true);
    expect(hooks).toEqual([makeHook('webhook', HERE, null)]);
    expect(said).toEqual([expect.stringContaining('hooks.slack.com is not told')]);
  });
});
