import * as z from 'zod';

const durationHint = 'a duration such as 250ms, 10s or 5m';
const duration = z
  .string(durationHint)
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, durationHint)
  .transform((text) => milliseconds(text));

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number {
  const [, number = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(number) * (unitMs[unit] ?? 1);
}

/** Gives knobs their word where YAML makes a truth value out of it. */
function onOff<const T extends readonly [string, ...string[]]>(values: T): z.ZodType<T[number]> {
  const normal = (value: unknown): unknown => (value === null ? 'null' : value === false ? 'off' : value);
  return z.preprocess(normal, z.enum(values));
}

const tags = z.record(z.string(), z.coerce.string());
const launchType = z.enum(['FARGATE', 'FARGATE_SPOT', 'EC2', 'EXTERNAL']);
const word = z.string().min(1);

const service = z.strictObject({
  name: word.optional(),
  taskDefinition: word,
  desiredCount: z.int().min(0).optional(),
  launchType: launchType.optional(),
  service: word.optional(),
  tags: tags.default({}),
});
const task = z.strictObject({
  taskDefinition: word,
  count: z.int().min(1).max(10).default(1),
  launchType: launchType.default('FARGATE'),
  tags: tags.default({}),
  group: word.optional(),
});
const pipeline = z.strictObject({
  slug: word,
  steps: word,
  cancelIntermediateBuilds: z.boolean().default(false),
  skipIntermediateBuilds: z.boolean().default(false),
});
const build = z.strictObject({
  pipeline: word,
  branch: word.default('main'),
  message: z.string().default('started by the rig'),
  env: tags.default({}),
});

/** Jobs of a step that are over and passed before the rig began; the first is the oldest. */
const past = z.strictObject({ step: word, took: z.array(duration).min(1).max(1000) });

const instanceGroup = z.strictObject({
  count: z.int().min(1).default(1),
  cpu: z.int().min(1).default(2048),
  memory: z.int().min(1).default(4096),
  attributes: tags.default({}),
  availabilityZone: z
    .string()
    .regex(/^[a-f]$/, 'the letter of a zone, such as a')
    .optional(),
  capacityProvider: word.optional(),
});

const knobs = z.strictObject({
  retriedJobsListed: z.boolean().default(true),
  connectionState: z.enum(['upper', 'lower']).default('upper'),
  drainedAgentEnds: z.enum(['disconnected', 'stopped']).default('disconnected'),
  lostDisconnectedAt: onOff(['null', 'set']).default('null'),
  lostAgentBySlug: onOff(['object', 'null']).default('object'),
  agentLostType: z.enum(['generic', 'finished']).default('generic'),
  lossEvent: z.enum(['AGENT_LOST', 'AGENT_DISCONNECTED', 'none']).default('AGENT_LOST'),
  gracefulReport: onOff(['auto', 'off']).default('auto'),
  disconnectCall: z.enum(['ok', 'fail']).default('ok'),
  containerBatch: duration.default(0),
  staleDescribe: z.int().min(0).default(0),
  exitCode: z.enum(['present', 'absent']).default('present'),
  secondStopTask: z.enum(['keeps', 'overwrites', 'refused']).default('keeps'),
  stopTask: z.enum(['ok', 'ignored']).default('ok'),
  lateAssign: z.boolean().default(false),
  clockOffset: z
    .string()
    .regex(/^-?\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 90s or -5m')
    .transform((text) => (text.startsWith('-') ? -milliseconds(text.slice(1)) : milliseconds(text)))
    .default(0),
  agentTag: z.enum(['present', 'absent']).default('present'),
  deregistrationDelay: duration.default(300_000),
  stoppingAtBehindElb: z.enum(['requested', 'signaled']).default('requested'),
  protectionMinute: duration.default(60_000),
  healthyAfter: duration.default(0),
  imagePull: duration.default(0),
  scaleInVictim: z.enum(['balanced', 'oldest', 'newest']).default('balanced'),
  spotNotice: duration.default(120_000),
});

const scriptVerb = z.enum([
  'cancel-build',
  'create-build',
  'retry-job',
  'rebuild',
  'stop-agent',
  'time-out-job',
  'unblock',
  'stop-task',
  'spot-interruption',
  'host-gone',
  'drain-instance',
  'signal',
  'oom',
  'restart-container',
  'start-deployment',
  'set-desired-count',
  'protect',
]);
const scriptRule = z.strictObject({
  on: z.enum([
    'build-created',
    'job-started',
    'job-finished',
    'job-lost',
    'agent-connected',
    'agent-disconnected',
    'stop-requested',
    'container-stopped',
    'task-stopped',
    'service-updated',
    'task-protection',
    'instance-status',
  ]),
  step: word.optional(),
  task: z.enum(['struck', 'other', 'host']).optional(),
  nth: z.int().min(1).default(1),
  times: z.int().min(1).default(1),
  after: duration.default(0),
  do: scriptVerb,
  by: z.enum(['person', 'buildkite']).optional(),
  pipeline: word.optional(),
  branch: word.optional(),
  of: z.enum(['struck', 'last-started']).optional(),
  graceful: z.boolean().optional(),
  reason: z.string().optional(),
  signal: z.enum(['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'STOP', 'KILL']).optional(),
  to: z.enum(['pid1', 'agent', 'all']).optional(),
  count: z.int().min(0).optional(),
  service: word.optional(),
  enabled: z.boolean().optional(),
  minutes: z.int().min(1).max(2880).optional(),
});

const harm = z.union([
  z.enum(['html', 'truncated', 'unknown-values', 'stall']),
  z.strictObject({ delay: duration }),
  z.strictObject({ drop: z.enum(['before', 'after']) }),
  z.strictObject({ answer: z.int().min(400).max(599), error: word.optional() }),
  z.strictObject({ error: word }),
  z.strictObject({ errors: z.string() }),
  z.strictObject({ date: duration }),
]);
const faultyRule = z.strictObject({
  operation: word.default('*'),
  from: z.int().min(1).default(1),
  count: z.union([z.int().min(1), z.literal('forever')]).optional(),
  for: duration.optional(),
  afterStop: z.boolean().default(false),
  beforeStop: z.boolean().default(false),
  do: harm,
});

/** The rig file as RIGFILE users write it; durations come out as milliseconds. */
export const rigFile = z.strictObject({
  organization: word,
  region: word.default('us-east-1'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'twelve digits, in quotes')
    .default('123456789012'),
  cluster: word,
  lostAfter: duration.default(180_000),
  executor: z.enum(['namespace', 'process', 'container']).optional(),
  agent: word.optional(),
  programs: word.optional(),
  instances: z.array(instanceGroup).optional(),
  services: z.array(service).default([]),
  tasks: z.array(task).default([]),
  clusterTags: tags.default({}),
  policy: word.optional(),
  pipelines: z.array(pipeline).min(1),
  builds: z.array(build).default([]),
  history: z.record(word, z.array(past)).default({}),
  knobs: knobs.prefault({}),
  script: z.array(scriptRule).default([]),
  faulty: z
    .strictObject({ buildkite: z.array(faultyRule).default([]), ecs: z.array(faultyRule).default([]) })
    .prefault({}),
});

/** What a rig file says, with every default filled in. */
export type RigFile = z.infer<typeof rigFile>;
/** One thing that people or the world do during a drill. */
export type ScriptRule = z.infer<typeof scriptRule>;
/** One rule of the proxy. */
export type FaultyRule = z.infer<typeof faultyRule>;
/** What a rule does to a request. */
export type Harm = z.infer<typeof harm>;
