import { z } from 'zod';
import { FAULT_NAMES } from '../model/plan.ts';
import { isReason, REASONS } from '../model/reasons.ts';
import { duration } from './duration.ts';

/** What a control can expect: how a drill can end by itself. A drill that could not run or was interrupted met nothing. */
const CONTROLLED = ['passed', 'failed', 'inconclusive', 'refused', 'baseline'] as const;
const CONTROL_REASONS = Object.keys(REASONS)
  .filter(isReason)
  .filter((reason) => CONTROLLED.some((outcome) => outcome === REASONS[reason].outcome));

function slug(example: string) {
  return z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/, { error: `a slug such as ${example}` });
}

const Text = z.string().min(1).max(1000);
const Variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/, { error: 'a variable name such as DEPLOY_TOKEN' });
const Path = z.string().min(1).max(4096);
const Time = '(?:[01][0-9]|2[0-3]):[0-5][0-9]';

const BuildInput = z.strictObject({
  organization: slug('acme')
    .optional()
    .describe('Slug of the Buildkite organization; without it BUILDKITE_ORGANIZATION_SLUG is taken.'),
  pipeline: slug('canary')
    .optional()
    .describe('Slug of the pipeline; left out where an idle worker is struck.'),
  number: z.int().min(1).optional().describe('Number of a running build to strike instead of starting one.'),
  count: z
    .int()
    .min(1)
    .max(100)
    .prefault(1)
    .describe('How many builds to start, for a fault that can take several workers; each of them is judged.'),
  branch: Text.prefault('main').describe('Branch of the new build.'),
  commit: Text.prefault('HEAD').describe('Commit of the new build.'),
  message: Text.optional().describe('Message of the new build; by default `gameday: <title>`.'),
  env: z
    .record(Variable, z.string().meta({ type: ['string', 'number', 'boolean'] }))
    .prefault({})
    .describe('Environment of the new build.'),
});

const ClusterInput = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$/, { error: 'an AWS region such as us-east-1' })
    .optional()
    .describe('AWS region; without it that of the ARN, then AWS_REGION or AWS_DEFAULT_REGION is taken.'),
  name: z
    .string()
    .regex(/^(?:arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster\/)?[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/, {
      error: 'the name or the ARN of an ECS cluster',
    })
    .describe('Name or ARN of the ECS cluster.'),
  service: z
    .string()
    .regex(
      /^(?:arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:service\/[A-Za-z0-9_/-]+|[A-Za-z0-9][A-Za-z0-9_-]{0,254})$/,
      {
        error: 'the name or the ARN of an ECS service',
      },
    )
    .optional()
    .describe('ECS service whose tasks may be struck.'),
  family: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}$/, { error: 'a task definition family, without a revision' })
    .optional()
    .describe('Task definition family whose tasks may be struck.'),
  taskTag: z
    .strictObject({
      key: z.string().min(1).max(128).describe('Key of the ECS tag.'),
      value: z.string().max(256).describe('Value of the ECS tag.'),
    })
    .optional()
    .describe('ECS tag of tasks that may be struck.'),
  container: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}$/, { error: 'the name of a container in the task definition' })
    .optional()
    .describe("Name of the agent's container in the task definition, where it cannot be told otherwise."),
  sharedTask: z
    .enum(['forbidden', 'allowed'])
    .prefault('forbidden')
    .describe('Whether a task that holds several agents, or jobs that cannot be seen, may be struck.'),
  mapping: z
    .enum(['tag', 'hostname'])
    .prefault('tag')
    .describe('How an agent is mapped to its task: by its tag `ecs:task-arn`, or by its host name.'),
  imageConfig: Path.optional().describe(
    "File with the configuration of the agent's image (`docker image inspect IMAGE`): how its entry point passes signals on; relative to this file.",
  ),
});

const WhenInput = z.strictObject({
  trigger: z
    .enum(['step-in-flight', 'agent-idle', 'near-end', 'at-fraction', 'fleet-busy'])
    .prefault('step-in-flight')
    .describe(
      'What fires the injection: a step in flight, a worker without a job, a step near its usual end or with a fraction of it left, so many busy workers.',
    ),
  step: Text.optional().describe(
    'Key of the step whose job must be in flight; fleet-busy takes any step of the build where it is left out.',
  ),
  inFlightFor: duration()
    .optional()
    .describe('For step-in-flight: how long the job must have been in flight; by default not at all.'),
  idleFor: duration()
    .optional()
    .describe('For agent-idle: how long the worker must have been without a job; by default not at all.'),
  usually: duration({ min: 1000 })
    .optional()
    .describe(
      'For near-end and at-fraction: how long the step runs; left out, the median of its passed jobs in Buildkite.',
    ),
  left: duration({ min: 1 })
    .optional()
    .describe('For near-end: how much of that time is left at the strike.'),
  fractionLeft: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('For at-fraction: how much of that time is left at the strike, as a part of it.'),
  busy: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('For fleet-busy: how many workers of the service or family must have a job.'),
  startWithin: duration({ min: 1000 }).prefault('10m').describe('How long to wait for the trigger to fire.'),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .prefault(1)
    .describe('How often the aim may be taken again where it fell away before the stop was sent.'),
});

const ExpectInput = z.strictObject({
  build: z
    .enum(['passed', 'any'])
    .prefault('passed')
    .describe('What the build must come to; `any` judges the struck job alone.'),
  drain: z
    .strictObject({
      within: duration({ min: 1 }).optional().describe('Longest drain that is still good; unset is any.'),
    })
    .prefault({})
    .describe('What the drain must be like.'),
  idle: z
    .strictObject({
      within: duration({ min: 1 })
        .optional()
        .describe('Longest time that an idle worker may take to leave; unset is any.'),
    })
    .prefault({})
    .describe('What the leaving of an idle worker must be like.'),
  handover: z
    .enum(['forbidden', 'allowed'])
    .prefault('forbidden')
    .describe('Whether an automatic retry on another task may stand in for a drain.'),
  containers: z
    .record(
      z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, { error: 'the name of a container in the task definition' }),
      z.strictObject({
        exit: z.int().min(0).max(255).prefault(0).describe('Exit code that it must end with.'),
        outlives: z.literal('agent').optional().describe("It must end after the agent's container."),
      }),
    )
    .prefault({})
    .describe('Other containers of the task that must end clean: a gateway, a log router.'),
});

const LimitsInput = z.strictObject({
  verdictWithin: duration({ min: 1000 })
    .prefault('20m')
    .describe('How long after the stop the drill may watch before it gives its verdict.'),
  pollEvery: duration({ min: 100, max: 60_000 }).prefault('2s').describe('Time between two reads.'),
  signalLag: duration({ max: 300_000 })
    .optional()
    .describe(
      'How long after it told a task to stop ECS may need to signal a container; by default 20s on Fargate and 10s elsewhere.',
    ),
});

const WindowInput = z.strictObject({
  timeZone: z.string().min(1).max(64).describe('IANA time zone, `Europe/Berlin`.'),
  days: z
    .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
    .min(1)
    .prefault(['mon', 'tue', 'wed', 'thu', 'fri'])
    .describe('Days of the week.'),
  hours: z
    .string()
    .regex(new RegExp(`^${Time}-${Time}$`), { error: 'hours such as 09:00-17:00' })
    .describe('From and to, 24 hours; over midnight the second is before the first.'),
  blackout: z
    .array(z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, { error: 'a date such as 2026-12-24' }))
    .prefault([])
    .describe('Dates in that zone on which nothing is struck.'),
});

const SafetyInput = z.strictObject({
  allowLastWorker: z
    .boolean()
    .prefault(false)
    .describe('Whether the last running task of the service may be struck.'),
  tasks: z
    .int()
    .min(1)
    .max(1000)
    .prefault(1)
    .describe('How many tasks one drill may take down; a deployment takes them all.'),
  window: WindowInput.optional().describe('Days and hours in which a drill may strike.'),
  minimumInterval: duration().prefault('0s').describe('Shortest time since the last strike there.'),
  killSwitch: Path.optional().describe('File that stops every drill while it exists; relative to this file.'),
  haltWhen: z
    .array(
      z.strictObject({
        name: Text.describe('What the condition is called.'),
        file: Path.optional().describe('The drill halts while this file exists; relative to this file.'),
        url: z
          .string()
          .regex(/^https?:\/\/[^\s/@]+(?:\/\S*)?$/, { error: 'an http or https address without credentials' })
          .optional()
          .describe('The drill halts while this address does not answer 2xx.'),
      }),
    )
    .max(20)
    .prefault([])
    .describe('Conditions under which nothing more is injected.'),
});

/** A scenario file as people write it; out of it come milliseconds and defaults. */
export const ScenarioInput = z.strictObject({
  version: z.literal(1).describe('Version of the format.'),
  title: z.string().min(1).max(200).describe('What the scenario shows, in one line.'),
  build: BuildInput.prefault({}).describe('Which build is struck; left out where an idle worker is.'),
  cluster: ClusterInput.describe('Where, and what may be struck: service, family or taskTag must be named.'),
  when: WhenInput.describe('When to inject, and thereby into which job.'),
  inject: z
    .strictObject({
      fault: z
        .enum([...FAULT_NAMES, 'none'])
        .describe(
          'How the worker dies: StopTask, a smaller desired count, a new deployment, its EC2 host drained, the signal path of a spot reclaim; `none` makes a baseline.',
        ),
      steered: z
        .boolean()
        .prefault(true)
        .describe(
          'For scale-in: protect every other task, so that the scheduler takes the one that hosts the job.',
        ),
    })
    .describe('What is injected.'),
  expect: ExpectInput.prefault({}).describe('What must hold.'),
  limits: LimitsInput.prefault({}).describe('How long and how often to look.'),
  safety: SafetyInput.prefault({}).describe('What must hold for the drill to strike.'),
  preflight: z
    .enum(['warn', 'require', 'off'])
    .prefault('warn')
    .describe(
      'A look at the task definition before anything is started: tell of its errors, refuse because of them, or do without.',
    ),
  secrets: z
    .array(Variable)
    .prefault([])
    .describe('Names of variables whose values are never shown or written.'),
  rig: Path.optional().describe('Rig file that stands in under `--rig`; relative to this file.'),
  control: z
    .strictObject({
      outcome: z.enum(CONTROLLED).describe('Outcome that the drill must have.'),
      reason: z.enum(CONTROL_REASONS).describe('Reason that the drill must have.'),
    })
    .optional()
    .describe(
      'Only under `--rig`, a negative control: the drill must end so. One that proves nothing leaves it undecided.',
    ),
});
export type ScenarioInput = z.infer<typeof ScenarioInput>;
