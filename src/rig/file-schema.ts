import * as z from 'zod';

import { standInModes } from './agent.ts';
import { duration, knobs } from './knob-schema.ts';

const tags = z.record(z.string(), z.coerce.string());
const launchType = z.enum(['FARGATE', 'FARGATE_SPOT', 'EC2', 'EXTERNAL']);
const word = z.string().min(1);

const service = z.strictObject({
  name: word.optional(),
  taskDefinition: word,
  desiredCount: z.int().min(0).optional(),
  /** How many of its tasks run processes; the agents of the others only register and idle inside the rig. */
  processes: z.int().min(0).optional(),
  /** Its agents speak the protocol inside the rig: no process stands behind any of its tasks. */
  agent: z.literal('in-process').optional(),
  launchType: launchType.optional(),
  service: word.optional(),
  /** Deployments that ended long ago, as ECS keeps them for 90 days. */
  pastDeployments: z.array(z.strictObject({ ago: duration, took: duration })).default([]),
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
  defaultBranch: word.default('main'),
  cancelIntermediateBuilds: z.boolean().default(false),
  skipIntermediateBuilds: z.boolean().default(false),
});
const build = z.strictObject({
  pipeline: word,
  branch: word.optional(),
  message: z.string().default('started by the rig'),
  env: tags.default({}),
});

/** Scales a service by the jobs that are queued or running. */
const autoscaler = z.strictObject({
  service: word,
  min: z.int().min(0).default(0),
  max: z.int().min(1).max(1000).default(20),
  every: duration.default(1000),
  scaleInAfter: duration.default(10_000),
});

/** A service that is registered with Application Auto Scaling, and the policies that follow the jobs for each worker. */
const scalableTarget = z.strictObject({
  service: word,
  min: z.int().min(0).default(0),
  max: z.int().min(0).max(1000).default(20),
  suspended: z
    .strictObject({
      in: z.boolean().default(false),
      out: z.boolean().default(false),
      scheduled: z.boolean().default(false),
    })
    .prefault({}),
  policies: z
    .array(
      z.strictObject({
        name: word,
        target: z.number().positive().default(1),
        disableScaleIn: z.boolean().default(false),
        scaleInCooldown: duration.default(0),
        scaleOutCooldown: duration.default(0),
        scaleInAfter: duration.default(1000),
        scaleOutAfter: duration.default(0),
      }),
    )
    .default([]),
  scheduled: z
    .array(
      z.strictObject({
        name: word,
        after: duration,
        min: z.int().min(0).optional(),
        max: z.int().min(0).optional(),
      }),
    )
    .default([]),
});

/** Jobs of a step that are over and passed before the rig began; the first is the oldest. */
const past = z.strictObject({
  step: word,
  took: z.array(duration).min(1).max(1000),
  onWorkers: z.strictObject({ gap: duration }).optional(),
});

const chance = z.number().min(0).max(1);
/** Builds of all steps that were over before the rig began, in which agents were lost by chance (BK-69). */
const planted = z.strictObject({
  builds: z.int().min(1).max(100_000),
  every: duration,
  took: duration.default(60_000),
  loss: chance,
  change: z.strictObject({ ago: duration, loss: chance }).optional(),
  spikes: z.array(z.strictObject({ ago: duration, builds: z.int().min(1) })).default([]),
  failure: chance.default(0),
  oddExit: chance.default(0),
  retriedByHand: chance.default(0),
  disconnected: chance.default(0),
  versions: z.array(word).min(1).default(['3.78.0']),
  branches: z.array(word).default([]),
  seed: z.int().min(0).default(1),
});

const instanceGroup = z
  .strictObject({
    count: z.int().min(1).default(1),
    cpu: z.int().min(1).default(2048),
    memory: z.int().min(1).default(4096),
    attributes: tags.default({}),
    availabilityZone: z
      .string()
      .regex(/^[a-f]$/, 'the letter of a zone, such as a')
      .optional(),
    capacityProvider: word.optional(),
    /** ECS Managed Instances: AWS runs them for their capacity provider. */
    managed: z.boolean().optional(),
  })
  .refine(
    ({ managed, capacityProvider }) => managed !== true || capacityProvider !== undefined,
    'managed instances need their capacityProvider',
  );

const scriptVerb = z.enum([
  'cancel-build',
  'create-build',
  'retry-job',
  'rebuild',
  'stop-agent',
  'cut-heartbeats',
  'refuse-heartbeats',
  'agent-lost-and-returned',
  'time-out-job',
  'unblock',
  'stop-task',
  'spot-interruption',
  'host-gone',
  'drain-instance',
  'signal',
  'oom',
  'mark-oom',
  'restart-container',
  'start-deployment',
  'continue-deployment',
  'set-desired-count',
  'set-scaling',
  'protect',
  'raise-alarm',
  'engage-safety-lever',
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
    'scaling-registered',
    'scaling-activity',
    'task-protection',
    'instance-status',
    'experiment-status',
  ]),
  step: word.optional(),
  task: z.enum(['struck', 'other', 'host']).optional(),
  nth: z.int().min(1).default(1),
  times: z.int().min(1).default(1),
  after: duration.default(0),
  do: scriptVerb,
  by: z.enum(['person', 'buildkite', 'api']).optional(),
  pipeline: word.optional(),
  branch: word.optional(),
  of: z.enum(['struck', 'last-started']).optional(),
  graceful: z.boolean().optional(),
  reason: z.string().optional(),
  signal: z.enum(['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'STOP', 'KILL']).optional(),
  to: z.enum(['pid1', 'agent', 'all', 'job']).optional(),
  count: z.int().min(0).optional(),
  service: word.optional(),
  enabled: z.boolean().optional(),
  minutes: z.int().min(1).max(2880).optional(),
});

const harm = z.union([
  z.enum(['html', 'truncated', 'unknown-values', 'stall']),
  z.strictObject({ delay: duration }),
  z.strictObject({ drop: z.enum(['before', 'after']) }),
  z.strictObject({
    answer: z.int().min(400).max(599),
    error: word.optional(),
    headers: z.record(word, z.coerce.string()).optional(),
  }),
  z.strictObject({ error: word }),
  z.strictObject({ errors: z.string() }),
  z.strictObject({ nullBeside: z.string() }),
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
export const rigFile = z
  .strictObject({
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
    standInAgent: z.enum(standInModes).optional(),
    programs: word.optional(),
    /** A folder of agent hooks, which an image would hold. */
    hooks: word.optional(),
    instances: z.array(instanceGroup).optional(),
    services: z.array(service).default([]),
    autoscaler: autoscaler.optional(),
    scalableTargets: z.array(scalableTarget).default([]),
    tasks: z.array(task).default([]),
    clusterTags: tags.default({}),
    /** Experiment templates of FIS by id: CreateExperimentTemplate's JSON. */
    experimentTemplates: z
      .record(z.string().regex(/^EXT[A-Za-z0-9]+$/, 'an id such as EXT1a2B3c'), word)
      .default({}),
    policy: word.optional(),
    /** Roles that jobs may take with their identity tokens: the trust policy of each, a JSON file. */
    roles: z.record(word, word).default({}),
    /** Buildkite secrets: a value, or the API token of the rig. */
    secrets: z
      .record(word, z.union([z.string(), z.strictObject({ is: z.literal('api-token') })]))
      .default({}),
    pipelines: z.array(pipeline).min(1),
    builds: z.array(build).default([]),
    history: z.record(word, z.array(past)).default({}),
    past: z.record(word, planted).default({}),
    knobs: knobs.prefault({}),
    script: z.array(scriptRule).default([]),
    faulty: z
      .strictObject({ buildkite: z.array(faultyRule).default([]), ecs: z.array(faultyRule).default([]) })
      .prefault({}),
  })
  .superRefine(({ lostAfter, knobs: { heartbeatInterval } }, context) => {
    if (heartbeatInterval * 2 <= lostAfter) return;
    const message = `an agent that sends a heartbeat every ${heartbeatInterval / 1000}s (knob heartbeatInterval) would be lost: give it twice that or more`;
    context.addIssue({ code: 'custom', path: ['lostAfter'], message });
  });

/** What a rig file says, with every default filled in. */
export type RigFile = z.infer<typeof rigFile>;
/** One thing that people or the world do during a drill. */
export type ScriptRule = z.infer<typeof scriptRule>;
/** One rule of the proxy. */
export type FaultyRule = z.infer<typeof faultyRule>;
/** What a rule does to a request. */
export type Harm = z.infer<typeof harm>;
