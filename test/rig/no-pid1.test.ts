import { expect, it } from 'vitest';

import { explain, whyNoPid1, type Seen } from '../../src/rig/workers/no-pid1.ts';
import { createProcessExecutor } from '../../src/rig/workers/process-group.ts';

const REFUSAL = 'unshare: unshare failed: Operation not permitted';
const SYS_ADMIN = /as root with `--cap-add SYS_ADMIN --security-opt apparmor=unconfined`/;
const ANY_USER = /as any user with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined/;

interface Sketch extends Partial<Omit<Seen, 'setting'>> {
  readonly settings?: Readonly<Record<string, string>>;
}

function explained({ settings = {}, ...over }: Sketch): ReturnType<typeof explain> {
  return explain({
    ...{ platform: 'linux', root: false, inContainer: false },
    ...{ missing: [], refusal: REFUSAL, setting: (name) => settings[name] },
    ...over,
  });
}

const administrator = { root: true };
const CASES: readonly (readonly [string, Sketch, RegExp, readonly RegExp[]])[] = [
  ['macOS', { platform: 'darwin' }, /no PID namespaces on darwin/, [/run it on Linux/, SYS_ADMIN, ANY_USER]],
  ['a machine without unshare', { missing: ['unshare'] }, /no unshare on PATH/, [/install util-linux/]],
  [
    'a container by default',
    { root: true, inContainer: true },
    /this machine allows no PID namespaces: unshare: .*not permitted/,
    [SYS_ADMIN, ANY_USER],
  ],
  ['a user on a host', {}, /not permitted/, [/run it as root/, SYS_ADMIN]],
  [
    "Ubuntu's AppArmor",
    { settings: { 'kernel.apparmor_restrict_unprivileged_userns': '1' } },
    /not permitted/,
    [/`sudo sysctl -w kernel\.apparmor_restrict_unprivileged_userns=0`/, /run it as root/],
  ],
  [
    "Debian's old default",
    { settings: { 'kernel.unprivileged_userns_clone': '0' } },
    /not permitted/,
    [/`sudo sysctl -w kernel\.unprivileged_userns_clone=1`/],
  ],
  [
    'no user namespaces at all',
    { settings: { 'user.max_user_namespaces': '0' } },
    /not permitted/,
    [/`sudo sysctl -w user\.max_user_namespaces=15000`/],
  ],
  [
    'no PID namespaces even for root',
    { ...administrator, settings: { 'user.max_pid_namespaces': '0' } },
    /not permitted/,
    [/`sudo sysctl -w user\.max_pid_namespaces=15000`/],
  ],
  [
    'a root who is refused all the same',
    administrator,
    /not permitted/,
    [/where this is a container/, SYS_ADMIN],
  ],
];

it.each(CASES)('%s: it says what is missing and each way to get it', (_, sketch, lack, ways) => {
  const { said, ways: given } = explained(sketch);
  expect(said).toMatch(lack);
  for (const way of ways) expect(given.join('; or ')).toMatch(way);
  expect(given.at(-1)).toMatch(/--executor container/);
});

it.each(CASES)('%s: no way leads to an executor without PID 1', (_, sketch) => {
  expect(explained(sketch).ways.join()).not.toMatch(/process|namespace executor|executor "?namespace/);
});

it('names no setting that already allows namespaces, nor one that does not bind root', () => {
  const open = { 'user.max_user_namespaces': '96365', 'kernel.apparmor_restrict_unprivileged_userns': '0' };
  expect(explained({ settings: open }).ways.join()).not.toContain('sysctl');
  const shut = { 'user.max_user_namespaces': '0' };
  expect(explained({ ...administrator, settings: shut }).ways.join()).not.toContain('sysctl');
});

it('an executor that was asked for on a machine with namespaces is named as the reason', () => {
  const why = whyNoPid1(createProcessExecutor(), true);
  expect(why?.said).toContain('"process" was asked for');
  expect(why?.ways).toEqual([expect.stringContaining('leave the executor "process" out')]);
});
