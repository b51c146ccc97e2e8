import { readConfigFile } from './config-file.ts';

/** How `start` was asked to behave. */
export interface StartFlags {
  readonly token: string;
  readonly endpoint: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly tagsFromEcs: boolean;
  readonly priority: string | undefined;
  readonly disconnectAfterJob: boolean;
  readonly kubernetesExec: boolean;
  /** So long without a job, and it leaves; seconds, 0 for never. */
  readonly idleTimeoutS: number;
  /** So long after its start it leaves as soon as it has no job; seconds, 0 for never. */
  readonly uptimeS: number;
  readonly cancelGraceS: number;
  readonly spawn: number;
  readonly acquireJob: string | undefined;
  readonly buildPath: string | undefined;
  /** Flags of the real agent that this one does not know. */
  readonly ignored: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

// Names and environment variables are the real agent's (https://buildkite.com/docs/agent/cli/reference/start).
const ENV_NAMES: Readonly<Record<string, string>> = {
  config: 'BUILDKITE_AGENT_CONFIG',
  token: 'BUILDKITE_AGENT_TOKEN',
  endpoint: 'BUILDKITE_AGENT_ENDPOINT',
  name: 'BUILDKITE_AGENT_NAME',
  tags: 'BUILDKITE_AGENT_TAGS',
  'tags-from-ecs-meta-data': 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA',
  priority: 'BUILDKITE_AGENT_PRIORITY',
  'disconnect-after-job': 'BUILDKITE_AGENT_DISCONNECT_AFTER_JOB',
  'kubernetes-exec': 'BUILDKITE_KUBERNETES_EXEC',
  'disconnect-after-idle-timeout': 'BUILDKITE_AGENT_DISCONNECT_AFTER_IDLE_TIMEOUT',
  'disconnect-after-uptime': 'BUILDKITE_AGENT_DISCONNECT_AFTER_UPTIME',
  'cancel-grace-period': 'BUILDKITE_CANCEL_GRACE_PERIOD',
  spawn: 'BUILDKITE_AGENT_SPAWN',
  'acquire-job': 'BUILDKITE_AGENT_ACQUIRE_JOB',
  'build-path': 'BUILDKITE_BUILD_PATH',
};

const SWITCHES: readonly string[] = ['tags-from-ecs-meta-data', 'disconnect-after-job', 'kubernetes-exec'];

const DEFAULT_CANCEL_GRACE_S = 10;

// Version 4 gives a canceled job 10 s to end and 5 s to clean up, and reads no cancel-grace-period any more.
const V4_CANCEL_GRACE_S = 15;

// https://buildkite.com/docs/agent/v3-v4-upgrade-guide, "Changes to flags, environment variables, and agent configuration".
const REMOVED_IN_V4: ReadonlySet<string> = new Set([
  ...['cancel-grace-period', 'signal-grace-period-seconds', 'no-ansi-timestamps', 'timestamp-lines'],
  ...['trace-context-encoding', 'kubernetes-log-collection-grace-period', 'disconnect-after-job-timeout'],
  ...['no-automatic-ssh-fingerprint-verification', 'meta-data', 'meta-data-ec2', 'meta-data-ec2-tags'],
  ...['meta-data-gcp', 'tags-from-ec2', 'tags-from-gcp'],
]);

/** The first flag that version 4 of the agent does not start with; removed variables and settings of a file it ignores. */
export function removedFlag(argv: readonly string[]): string | undefined {
  const names = argv.map((word) => /^--?([a-z0-9][a-z0-9-]*)(?:=.*)?$/s.exec(word)?.[1]);
  return names.find((name) => name !== undefined && REMOVED_IN_V4.has(name));
}

/** Reads the flags of `start`; the environment stands in for those not given, and the configuration file for both. */
export function readStartFlags(argv: readonly string[], env: Env, isV4 = false): StartFlags {
  const { given, ignored } = split(argv);
  const outside = (name: string): string | undefined => given.get(name)?.at(-1) ?? env[ENV_NAMES[name] ?? ''];
  const settings = readConfigFile(outside('config'));
  const value = (name: string): string | undefined => outside(name) ?? settings.get(name);
  const number = (name: string, fallback: number): number => {
    const read = Number(value(name) ?? fallback);
    return Number.isFinite(read) ? read : fallback;
  };
  const isOn = (name: string): boolean => ['true', '1'].includes(value(name) ?? '');
  const tagTexts = given.get('tags') ?? [value('tags') ?? ''];
  return {
    token: value('token') ?? '',
    endpoint: value('endpoint') ?? '',
    name: value('name') ?? '%hostname-%spawn',
    tags: tagTexts
      .flatMap((text) => text.split(','))
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    tagsFromEcs: isOn('tags-from-ecs-meta-data'),
    priority: value('priority'),
    disconnectAfterJob: isOn('disconnect-after-job'),
    kubernetesExec: isOn('kubernetes-exec'),
    idleTimeoutS: number('disconnect-after-idle-timeout', 0),
    uptimeS: number('disconnect-after-uptime', 0),
    cancelGraceS: isV4 ? V4_CANCEL_GRACE_S : number('cancel-grace-period', DEFAULT_CANCEL_GRACE_S),
    spawn: Math.max(1, number('spawn', 1)),
    acquireJob: value('acquire-job'),
    buildPath: value('build-path'),
    ignored,
  };
}

function split(argv: readonly string[]): {
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly ignored: readonly string[];
} {
  const given = new Map<string, string[]>();
  const ignored: string[] = [];
  const rest = [...argv];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const parts = /^--?([a-z0-9][a-z0-9-]*)(?:=(.*))?$/s.exec(arg);
    const name = parts?.[1];
    if (name === undefined) continue; // the value of a flag that is not known here
    if (!(name in ENV_NAMES)) {
      ignored.push(`--${name}`);
      continue;
    }
    const text = parts?.[2] ?? (SWITCHES.includes(name) ? 'true' : (rest.shift() ?? ''));
    given.set(name, [...(given.get(name) ?? []), text]);
  }
  return { given, ignored };
}
