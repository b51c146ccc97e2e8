import { hostname, userInfo } from 'node:os';
import { endpointOf, isLoopback } from '../http/endpoint.ts';
import { escapeControls } from '../journal/escape.ts';
import { GamedayError } from '../model/errors.ts';
import type { Hook, Sender } from '../model/entities/notice.ts';
import type { Loaded, LoadedScenario } from '../scenario/load.ts';
import { makeHook } from '../scenario/notify.ts';
import type { InputError } from '../scenario/problem.ts';
import type { RunFlags } from './flags.ts';
import type { Environment, Output } from './output.ts';
import type { Runner } from './runner.ts';

/** The scenarios with the hooks of `--notify` beside their own; on the rig with those of this machine alone, which is said. */
export function giveHooks(
  { scenarios, errors }: Loaded,
  { notify = [], rig, insecure }: Partial<Pick<RunFlags, 'notify'>> & Pick<RunFlags, 'rig' | 'insecure'>,
  { environment, output }: Pick<Runner, 'environment' | 'output'>,
): Loaded {
  const given = notify.map((text) => readHook(text, environment));
  const isRig = rig || environment['GAMEDAY_LABEL'] === 'rig';
  output.learn(given.flatMap(secretsIn));
  const all = scenarios.map((loaded) => addHooks(loaded, given));
  const wrong = isRig ? [] : all.flatMap((loaded) => findWrongHooks(loaded, insecure));
  if (isRig)
    sayAway(
      all.flatMap(({ hooks }) => hooks),
      output,
    );
  return { scenarios: isRig ? all.map(keepHooksHere) : all, errors: [...errors, ...wrong] };
}

/** The hooks of `--notify` for a command that reads no scenario; on the rig those of this machine alone, which is said. */
export function readHooks(
  { notify = [], rig, insecure }: Partial<Pick<RunFlags, 'notify'>> & Pick<RunFlags, 'rig' | 'insecure'>,
  { environment, output }: Pick<Runner, 'environment' | 'output'>,
): { readonly hooks: readonly Hook[]; readonly secrets: readonly string[] } {
  const given = notify.map((text) => readHook(text, environment));
  const secrets = given.flatMap(secretsIn);
  output.learn(secrets);
  if (rig || environment['GAMEDAY_LABEL'] === 'rig') {
    sayAway(given, output);
    return { hooks: given.filter(isHere), secrets };
  }
  for (const hook of given) requireSafe(hook, insecure);
  return { hooks: given, secrets };
}

function secretsIn({ url, secret }: Hook): readonly string[] {
  return secret === null ? [url] : [url, secret];
}

function sayAway(hooks: readonly Hook[], { stderr }: Pick<Output, 'stderr'>): void {
  for (const host of new Set(hooks.filter((hook) => !isHere(hook)).map((hook) => hook.host)))
    stderr.write(
      `${escapeControls(`notify: ${host} is not told: a drill on the rig contacts nothing but this machine`)}\n`,
    );
}

/** `webhook=HOOK_URL:HOOK_SECRET`, `slack=SLACK_URL`: names of variables, for a process list shows every flag. */
function readHook(text: string, environment: Environment): Hook {
  const [, kind, urlName = '', secretName] = /^(webhook|slack)=(\w+)(?::(\w+))?$/.exec(text) ?? [];
  const next =
    'Write it as --notify webhook=HOOK_URL:HOOK_SECRET or --notify slack=SLACK_URL, with the names of variables.';
  if (kind === undefined || (kind === 'slack' && secretName !== undefined))
    throw new GamedayError('bad-input', '--notify names no webhook or slack with a variable', { next });
  const read = (name: string, least: number): string => {
    const value = environment[name] ?? '';
    if (value.length >= least) return value;
    const said = value === '' ? 'is not set' : `has fewer than ${String(least)} characters`;
    throw new GamedayError('bad-input', `--notify: the variable ${name} ${said}`, { next });
  };
  const url = read(urlName, 8);
  endpointOf(urlName, url, { allowInsecure: true, loopbackOnly: false });
  return makeHook(
    kind === 'slack' ? 'slack' : 'webhook',
    url,
    secretName === undefined ? null : read(secretName, 16),
  );
}

function addHooks(loaded: LoadedScenario, given: readonly Hook[]): LoadedScenario {
  const secrets = [...loaded.secrets, ...given.flatMap(secretsIn)];
  return withHooks({ ...loaded, secrets }, [...loaded.hooks, ...given]);
}

function keepHooksHere(loaded: LoadedScenario): LoadedScenario {
  return withHooks(loaded, loaded.hooks.filter(isHere));
}

function withHooks(loaded: LoadedScenario, hooks: readonly Hook[]): LoadedScenario {
  const notify = hooks.map(({ kind, host }) => ({ kind, host }));
  return { ...loaded, hooks, scenario: { ...loaded.scenario, notify } };
}

function isHere({ url }: Hook): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

/** Texts that are not addresses, or addresses to which the notice would be sent unencrypted. */
function findWrongHooks({ hooks, file }: LoadedScenario, allowInsecure: boolean): readonly InputError[] {
  return hooks.flatMap((hook) => {
    try {
      requireSafe(hook, allowInsecure);
      return [];
    } catch (error) {
      if (!(error instanceof GamedayError)) throw error;
      return [{ message: error.message, at: file, next: error.next }];
    }
  });
}

function requireSafe({ kind, url }: Hook, allowInsecure: boolean): void {
  endpointOf(`notify: the address of ${kind}`, url, { allowInsecure, loopbackOnly: false });
}

/** Who tells: the person and the machine, and the Buildkite job where gameday runs in one. */
export function senderOf({ environment, version }: Pick<Runner, 'environment' | 'version'>): Sender {
  const { BUILDKITE_BUILD_URL: build = '', BUILDKITE_JOB_ID: job = '' } = environment;
  return {
    ...{ gameday: version, user: userName(), host: hostname() },
    job: build === '' ? null : `${build}#${job}`,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no name.
    return String(process.getuid?.() ?? '');
  }
}
