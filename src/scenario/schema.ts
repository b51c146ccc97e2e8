import { z } from 'zod';
import { ImageConfig } from '../worker/image-config.ts';
import { isReason, REASONS } from '../model/reasons.ts';
import { duration } from './duration.ts';
import { Expect } from './expect.ts';
import { Inject } from './inject.ts';
import { orElse, orNull, deriveStoredForm, FORMERLY } from './stored.ts';
import { Notify } from './notify.ts';
import { When } from './when.ts';

/** What a control can expect: the ways in which a drill ends by itself. A drill that could not run or was interrupted shows nothing. */
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

const Build = z.strictObject({
  organization: orNull(slug('acme')).describe(
    'Slug of the Buildkite organization; without it BUILDKITE_ORGANIZATION_SLUG is taken.',
  ),
  /** Empty where the drill has no build. */
  pipeline: orElse(slug('canary'), z.string(), '').describe(
    'Slug of the pipeline; leave it out if the target is an idle worker.',
  ),
  number: orNull(z.int().min(1)).describe('Number of a running build to use instead of starting one.'),
  count: z
    .int()
    .min(1)
    .max(100)
    .prefault(1)
    .describe('How many builds to start, for a fault that can take several workers; each of them is judged.'),
  branch: orNull(Text).describe("Branch of the new build; by default the pipeline's default branch."),
  follow: z
    .enum(['none', 'triggered'])
    .prefault('none')
    .describe(
      'Whether the builds that trigger steps start are followed: `triggered`: the step may be in one of them, and each of them is judged.',
    )
    .register(FORMERLY, { value: 'none' }),
  commit: Text.prefault('HEAD').describe('Commit of the new build.'),
  message: orElse(Text, z.string(), '').describe('Message of the new build; by default `gameday: <title>`.'),
  env: z
    .record(Variable, z.string().meta({ type: ['string', 'number', 'boolean'] }))
    .prefault({})
    .describe('Environment of the new build.'),
});

const Cluster = z.strictObject({
  region: orNull(
    z.string().regex(/^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$/, { error: 'an AWS region such as us-east-1' }),
  ).describe('AWS region; without it that of the ARN, then AWS_REGION or AWS_DEFAULT_REGION is taken.'),
  name: z
    .string()
    .regex(/^(?:arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster\/)?[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/, {
      error: 'the name or the ARN of an ECS cluster',
    })
    .describe('Name or ARN of the ECS cluster.'),
  service: orNull(
    z.codec(
      z
        .string()
        .regex(
          /^(?:arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:service\/[A-Za-z0-9_/-]+|[A-Za-z0-9][A-Za-z0-9_-]{0,254})$/,
          { error: 'the name or the ARN of an ECS service' },
        ),
      z.string(),
      // Tasks name their service in `group`, and there by its name alone.
      { decode: (name) => name.split('/').at(-1) ?? name, encode: (name) => name },
    ),
  ).describe('ECS service whose tasks may be stopped.'),
  family: orNull(
    z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, { error: 'a task definition family, without a revision' }),
  ).describe('Task definition family whose tasks may be stopped.'),
  taskTag: orNull(
    z.strictObject({
      key: z.string().min(1).max(128).describe('Key of the ECS tag.'),
      value: z.string().max(256).describe('Value of the ECS tag.'),
    }),
  ).describe('ECS tag of tasks that may be stopped.'),
  container: orNull(
    z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, { error: 'the name of a container in the task definition' }),
  ).describe(
    "Name of the agent's container in the task definition, where the definition does not show which one it is.",
  ),
  sharedTask: z
    .enum(['forbidden', 'allowed'])
    .prefault('forbidden')
    .describe('Whether a task that hosts several agents, or jobs that cannot be read, may be stopped.'),
  mapping: z
    .enum(['tag', 'hostname'])
    .prefault('tag')
    .describe('How an agent is mapped to its task: by its tag `ecs:task-arn`, or by its host name.'),
  // What is in the file takes the path's place when the scenario is loaded.
  imageConfig: z
    .codec(Path.optional(), ImageConfig.nullable(), { decode: () => null, encode: () => undefined })
    .describe(
      "File with the configuration of the agent's image (`docker image inspect IMAGE`): how its entry point passes signals on; relative to this file.",
    ),
});

const Percent = z.int().min(1).max(100);
const Limits = z.strictObject({
  verdictWithin: duration({ min: 1000 })
    .prefault('20m')
    .describe('How long after the stop the drill may watch before it gives its verdict.'),
  pollEvery: duration({ min: 100, max: 60_000 }).prefault('2s').describe('Time between two reads.'),
  budget: Percent.optional().describe(
    "How many percent of the user's and of the organization's GraphQL points in five minutes the drill may spend; 50 by default.",
  ),
  signalLag: orNull(duration({ max: 300_000 })).describe(
    'How long after the stop of a task ECS may take to signal a container; by default 20s on Fargate and 10s elsewhere.',
  ),
});

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const WindowKeys = z.strictObject({
  timeZone: z.string().min(1).max(64).describe('IANA time zone, `Europe/Berlin`.'),
  days: z
    .array(z.enum(DAYS))
    .min(1)
    .prefault(['mon', 'tue', 'wed', 'thu', 'fri'])
    .describe('Days of the week.'),
  hours: z
    .string()
    .regex(new RegExp(`^${Time}-${Time}$`), { error: 'hours such as 09:00-17:00' })
    .describe('From and to, 24 hours; over midnight the second is before the first.'),
  blackout: z
    .array(z.iso.date({ error: 'a date such as 2026-12-24' }))
    .prefault([])
    .describe('Dates in that zone on which nothing is injected.'),
});
/** Days and hours in which a drill may inject; a window over midnight has `to` before `from`. */
const Window = z.codec(
  WindowKeys,
  z.strictObject({
    timeZone: z.string(),
    days: z.array(z.enum(DAYS)),
    from: z.string(),
    to: z.string(),
    blackout: z.array(z.string()),
  }),
  {
    decode: ({ hours, ...others }) => ({ ...others, from: hours.slice(0, 5), to: hours.slice(6) }),
    encode: ({ from, to, ...others }) => ({ ...others, hours: `${from}-${to}` }),
  },
);

const Safety = z.strictObject({
  allowLastWorker: z
    .boolean()
    .prefault(false)
    .describe('Whether the last running task of the service may be stopped.'),
  tasks: z
    .int()
    .min(1)
    .max(1000)
    .prefault(1)
    .describe('How many tasks one drill may stop; a deployment stops all of them.'),
  settled: z
    .enum(['wait', 'require', 'ignore-pending'])
    .prefault('wait')
    .describe(
      'A service that is not settled: `wait` for it inside when.startWithin, before the build is started and again when the step is in flight; `require`: refuse at once unless one deployment is COMPLETED, running = desired, nothing is pending and another worker runs; `ignore-pending`: as `wait`, but scale-in, deployment and draining do not wait for pending or missing tasks either, and a scale-in may then take none. With `wait` a stopped task asks only that no deployment or scale-in takes tasks away and that another worker runs.',
    )
    .register(FORMERLY, { value: 'require' }),
  drillsAtOnce: z
    .int()
    .min(1)
    .max(1000)
    .prefault(1)
    .describe(
      'How many drills of one `gameday run --parallel` may stop tasks of the service at the same time; it keeps one more running worker than that. Others wait for each other.',
    )
    .register(FORMERLY, { value: 1 }),
  window: orNull(Window).describe('Days and hours in which a drill may inject.'),
  minimumInterval: duration().prefault('0s').describe('Shortest time since the last injection there.'),
  mark: z
    .enum(['on', 'off'])
    .prefault('on')
    .describe(
      'Whether the service is tagged, before it is changed, with what it was: then any machine can put it back if the drill dies. `off` where tags are governed.',
    )
    .register(FORMERLY, { value: 'off' }),
  killSwitch: orNull(Path).describe('File that stops every drill while it exists; relative to this file.'),
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
    .describe('While one of these conditions holds, nothing is injected.'),
});

const Keys = z.strictObject({
  version: z.literal(1).describe('Version of the format.'),
  title: z.string().min(1).max(200).describe('What the scenario shows, in one line.'),
  build: Build.prefault({}).describe(
    'The build whose job is stopped; leave it out if the target is an idle worker.',
  ),
  cluster: Cluster.describe('Where, and what may be stopped: service, family or taskTag must be named.'),
  when: When,
  inject: Inject,
  expect: Expect.prefault({}).describe('What must hold.'),
  limits: Limits.prefault({}).describe('How long and how often to look.'),
  safety: Safety.prefault({}).describe('What must hold for the drill to inject.'),
  preflight: z
    .enum(['warn', 'require', 'off'])
    .prefault('warn')
    .describe(
      'A check of the task definition before anything is started: show its errors (`warn`), refuse because of them (`require`), or skip it (`off`).',
    ),
  notify: Notify.prefault([])
    .describe(
      'Who is told before the injection and at the end: `webhook: { url, secret }` or `slack: { url }`, from variables. No notice changes a verdict.',
    )
    .register(FORMERLY, { value: [] }),
  secrets: z
    .array(Variable)
    .prefault([])
    .describe('Names of variables whose values are never shown or written.'),
  rig: orNull(Path).describe('Rig file that `--rig` starts; relative to this file.'),
  control: orNull(
    z.strictObject({
      outcome: z.enum(CONTROLLED).describe('Outcome that the drill must have.'),
      reason: z.enum(CONTROL_REASONS).describe('Reason that the drill must have.'),
    }),
  ).describe(
    'Only under `--rig`, a negative control: the drill must end like this. A drill that proves nothing leaves the control undecided.',
  ),
});

/** The region in an ARN of ECS. */
const REGION = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):/;

/** The schema of a scenario: reads a file's values; gives milliseconds, defaults, and null for what was left out. */
export const ScenarioFile = z.codec(Keys, deriveStoredForm(Keys), {
  decode: (keys) => ({
    ...keys,
    build: { ...keys.build, message: keys.build.message || `gameday: ${keys.title}` },
    cluster: { ...keys.cluster, region: keys.cluster.region ?? REGION.exec(keys.cluster.name)?.[1] ?? null },
  }),
  encode: (keys) => keys,
});

/** A scenario as a drill knows it, and as its journal keeps it. */
export const Scenario = deriveStoredForm(ScenarioFile);
export type Scenario = z.infer<typeof Scenario>;

/** What `gameday assert` judges, and what must hold there: it has neither a trigger nor a fault. */
export const Asserted = deriveStoredForm(
  Keys.pick({ title: true, cluster: true, expect: true, limits: true }).extend({
    build: Build.pick({ organization: true, pipeline: true, number: true, count: true }),
  }),
);
export type Window = z.output<typeof Window>;

/** Whether the drill has a build at all. */
export function hasBuild({ build }: { readonly build: Pick<Scenario['build'], 'pipeline'> }): boolean {
  return build.pipeline !== '';
}
