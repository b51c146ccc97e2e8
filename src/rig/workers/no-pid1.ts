import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { readProc } from './procfs.ts';
import type { Executor } from './executor.ts';
import { namespaceCommand } from './namespace.ts';

/** Why the containers have no real PID 1, and what would give them one. */
export interface NoPid1 {
  readonly said: string;
  /** Each is a way of its own. */
  readonly ways: readonly string[];
}

/** What a machine without PID namespaces shows of the reason. */
export interface Seen {
  readonly platform: string;
  readonly root: boolean;
  /** It bears the mark of a container, or is a root without CAP_SYS_ADMIN, as in one. */
  readonly inContainer: boolean;
  readonly missing: readonly string[];
  /** What the attempt to make a namespace said. */
  readonly refusal: string;
  /** A setting of the kernel by its name; undefined where this kernel has none. */
  readonly setting: (name: string) => string | undefined;
}

/** Settings that keep a user from making namespaces: the value that does, and the one that does not. */
const SETTINGS = [
  { name: 'user.max_pid_namespaces', forbids: '0', allows: '15000', forRoot: true },
  { name: 'user.max_user_namespaces', forbids: '0', allows: '15000', forRoot: false },
  { name: 'kernel.unprivileged_userns_clone', forbids: '0', allows: '1', forRoot: false },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: '1', allows: '0', forRoot: false },
] as const;

/** Docker's own seccomp profile lets CAP_SYS_ADMIN unshare; without that capability its masked /proc is in the way as well. */
const CONTAINER =
  'start the container as root with `--cap-add SYS_ADMIN --security-opt apparmor=unconfined`, or as any user with ' +
  '`--security-opt seccomp=unconfined --security-opt systempaths=unconfined --security-opt apparmor=unconfined`';
const IMAGES = "let a Docker engine run the definition's own images (`--executor container`)";

/** Why the executor gives no real PID 1; undefined where it does. */
export function whyNoPid1(executor: Executor, hasNamespaces: boolean): NoPid1 | undefined {
  if (executor.pid1) return undefined;
  if (!hasNamespaces) return whyNoNamespaces();
  return {
    said: `the executor "${executor.kind}" was asked for, and this machine allows PID namespaces`,
    ways: [`leave the executor "${executor.kind}" out, on the command line and in the rig file`],
  };
}

/** What keeps this machine from PID namespaces: it is tried again, and asked why. */
export function whyNoNamespaces(): NoPid1 {
  return explain(look());
}

/** What keeps a machine from PID namespaces, and the ways to get them, the nearest first. */
export function explain(seen: Seen): NoPid1 {
  if (seen.platform !== 'linux')
    return {
      said: `there are no PID namespaces on ${seen.platform}`,
      ways: ['run it on Linux', `run it in a Linux container, and ${CONTAINER}`, IMAGES],
    };
  if (seen.missing.length > 0)
    return {
      said: `there is no ${seen.missing.join(' and no ')} on PATH`,
      ways: ['install util-linux, which has unshare, setpriv and nsenter', IMAGES],
    };
  return {
    said: `this machine allows no PID namespaces: ${seen.refusal}`,
    ways: [...waysOnLinux(seen), IMAGES],
  };
}

function waysOnLinux(seen: Seen): readonly string[] {
  const forbidding = SETTINGS.filter(
    ({ name, forbids, forRoot }) => (forRoot || !seen.root) && seen.setting(name) === forbids,
  );
  const settings = forbidding.map(({ name, allows }) => `\`sudo sysctl -w ${name}=${allows}\``);
  const allowed = settings.length === 0 ? [] : [`allow it on the host: ${settings.join(' and ')}`];
  if (seen.inContainer) return [...allowed, CONTAINER];
  const asRoot = seen.root ? [] : ['run it as root on this machine'];
  return [...allowed, ...asRoot, `where this is a container, ${CONTAINER}`];
}

function look(): Seen {
  const root = process.getuid?.() === 0;
  const mayAdminister = hasAdministration(readProc('/proc/self/status') ?? '');
  const marked = ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path));
  return {
    platform: process.platform,
    root,
    inContainer: marked || (root && !mayAdminister),
    missing: ['unshare', 'setpriv'].filter(isMissing),
    refusal: process.platform === 'linux' ? refusalOf(!root) : '',
    setting: (name) => readProc(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim(),
  };
}

function isMissing(program: string): boolean {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 30_000 });
  return error !== undefined && 'code' in error && error.code === 'ENOENT';
}

const SYS_ADMIN = 21n;

function hasAdministration(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> SYS_ADMIN) & 1n) === 1n;
}

/** The words of the program that was refused: they name the call. */
function refusalOf(userNamespace: boolean): string {
  const plain = { userNamespace, resetsSignals: false, hostnames: false };
  const [command = '', ...rest] = namespaceCommand(plain, ['true']);
  const told = spawnSync(command, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const line = told.stderr?.split('\n').find((one) => one.trim() !== '');
  return line?.trim() ?? told.error?.message ?? `unshare ended with exit code ${String(told.status)}`;
}
