/** Variables of the agent that a check, rule or trigger reads, by the flag of the same meaning. All others are hidden. */
const READ_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['acquire-job', 'BUILDKITE_AGENT_ACQUIRE_JOB'],
  ['cancel-grace-period', 'BUILDKITE_CANCEL_GRACE_PERIOD'],
  ['config', 'BUILDKITE_AGENT_CONFIG'],
  ['disconnect-after-idle-timeout', 'BUILDKITE_AGENT_DISCONNECT_AFTER_IDLE_TIMEOUT'],
  ['disconnect-after-job', 'BUILDKITE_AGENT_DISCONNECT_AFTER_JOB'],
  ['disconnect-after-uptime', 'BUILDKITE_AGENT_DISCONNECT_AFTER_UPTIME'],
  ['kubernetes-exec', 'BUILDKITE_KUBERNETES_EXEC'],
  ['ping-mode', 'BUILDKITE_AGENT_PING_MODE'],
  ['queue', 'BUILDKITE_AGENT_QUEUE'],
  ['spawn', 'BUILDKITE_AGENT_SPAWN'],
  ['tags', 'BUILDKITE_AGENT_TAGS'],
  ['tags-from-ecs-meta-data', 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA'],
]);

/** Flags without a value: the word after one is not its value. */
const SWITCHES: ReadonlySet<string> = new Set([
  'disconnect-after-job',
  'kubernetes-exec',
  'tags-from-ecs-meta-data',
]);

const NAMES: ReadonlySet<string> = new Set(READ_VARIABLES.values());

/** The variable of a flag; empty where nothing reads it. */
export function variableOfFlag(flag: string): string {
  return READ_VARIABLES.get(flag) ?? '';
}

/** Whether a check, rule or trigger reads the value of this variable. */
export function isReadVariable(name: string): boolean {
  return NAMES.has(name);
}

/** Whether a check, rule or trigger reads this flag, given without its dashes. */
export function isReadFlag(flag: string): boolean {
  return READ_VARIABLES.has(flag);
}

/** Whether a flag has no value. */
export function isSwitch(flag: string): boolean {
  return SWITCHES.has(flag);
}

/** Whether the flag has a value that a check, rule or trigger reads. */
export function hasReadValue(flag: string): boolean {
  return isReadFlag(flag) && !isSwitch(flag);
}
