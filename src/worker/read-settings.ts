/** Variables of the agent that a check, a rule or a trigger reads, by the flag that each stands for. All others are hidden. */
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

/** Flags that are there or not: the word behind one is not its value. */
const SWITCHES: ReadonlySet<string> = new Set([
  'disconnect-after-job',
  'kubernetes-exec',
  'tags-from-ecs-meta-data',
]);

const NAMES: ReadonlySet<string> = new Set(READ_VARIABLES.values());

/** The variable that stands for a flag; empty where nobody reads it. */
export function variableOfFlag(flag: string): string {
  return READ_VARIABLES.get(flag) ?? '';
}

/** Whether somebody reads the value of this variable. */
export function isReadVariable(name: string): boolean {
  return NAMES.has(name);
}

/** Whether somebody reads this flag, without its dashes. */
export function isReadFlag(flag: string): boolean {
  return READ_VARIABLES.has(flag);
}

/** A flag without a value of its own. */
export function isSwitch(flag: string): boolean {
  return SWITCHES.has(flag);
}

/** Whether the flag has a value, and somebody reads it. */
export function hasReadValue(flag: string): boolean {
  return isReadFlag(flag) && !isSwitch(flag);
}
