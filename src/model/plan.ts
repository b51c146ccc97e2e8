import { z } from 'zod';

/** Milliseconds. */
const Duration = z.number().int().nonnegative();

/** What an image's configuration says of how its container starts (`docker image inspect`). */
export const ImageConfig = z.strictObject({
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  /** The agent's own settings alone: other variables are nobody's business here. */
  environment: z.record(z.string(), z.string()),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

/** Days and hours in which a drill may strike, in an IANA time zone. */
export const Window = z.strictObject({
  /** IANA name, `Europe/Berlin`. */
  timeZone: z.string(),
  days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])),
  /** `HH:MM`, 24 hours; a window over midnight has `to` before `from`. */
  from: z.string(),
  to: z.string(),
  /** Dates `YYYY-MM-DD` in that zone on which nothing is struck. */
  blackout: z.array(z.string()),
});
export type Window = z.infer<typeof Window>;

/** A condition that stops a drill from striking: a file that exists, or an address that does not answer 2xx. */
export const HaltCondition = z.strictObject({
  name: z.string(),
  file: z.string().optional(),
  url: z.string().optional(),
});
export type HaltCondition = z.infer<typeof HaltCondition>;

/** What every trigger has: how long it may take, and how often the aim may be taken again when it fell away before the stop was sent. */
const Patience = { startWithin: Duration, attempts: z.number().int().min(1).max(10) };
/** The step whose job must be in flight, and how long it usually runs; null: as its own history says. */
const Timed = { step: z.string(), usually: Duration.nullable() };

/** When to strike, and thereby what. */
export const When = z.discriminatedUnion('trigger', [
  /** A job of the step has been RUNNING for so long. */
  z.strictObject({
    trigger: z.literal('step-in-flight'),
    step: z.string(),
    inFlightFor: Duration,
    ...Patience,
  }),
  /** A worker has been without a job for so long. */
  z.strictObject({ trigger: z.literal('agent-idle'), idleFor: Duration, ...Patience }),
  /** A job of the step has so much of its usual time left. */
  z.strictObject({ trigger: z.literal('near-end'), ...Timed, left: Duration, ...Patience }),
  /** The same as a fraction of the usual time, 0 to 1 exclusive. */
  z.strictObject({
    trigger: z.literal('at-fraction'),
    ...Timed,
    fractionLeft: z.number().gt(0).lt(1),
    ...Patience,
  }),
  /** So many workers of the service are busy, one of them with a job of ours: of the step, where one is named. */
  z.strictObject({
    trigger: z.literal('fleet-busy'),
    busy: z.number().int().min(1),
    step: z.string().nullable(),
    ...Patience,
  }),
]);
export type When = z.infer<typeof When>;

/** The key of the step that the trigger waits for; null where it names none. */
export function stepOf(when: When): string | null {
  return when.trigger === 'agent-idle' ? null : when.step;
}

/** A scenario after interpolation and validation: durations in milliseconds, defaults filled in. */
export const Scenario = z.strictObject({
  version: z.literal(1),
  title: z.string(),
  build: z.strictObject({
    organization: z.string().nullable(),
    /** Empty where the drill has no build: an idle worker is struck. */
    pipeline: z.string(),
    /** A running build to strike instead of a new one. */
    number: z.number().int().nullable(),
    /** How many builds are started; each is judged. */
    count: z.number().int().min(1).max(100),
    branch: z.string(),
    commit: z.string(),
    message: z.string(),
    env: z.record(z.string(), z.string()),
  }),
  cluster: z.strictObject({
    region: z.string().nullable(),
    /** Name or ARN. */
    name: z.string(),
    service: z.string().nullable(),
    family: z.string().nullable(),
    taskTag: z.strictObject({ key: z.string(), value: z.string() }).nullable(),
    /** Name of the agent's container in the task definition, where it cannot be told otherwise. */
    container: z.string().nullable(),
    sharedTask: z.enum(['forbidden', 'allowed']),
    mapping: z.enum(['tag', 'hostname']),
    /** The configuration of the agent's image, where the scenario names its file. */
    imageConfig: ImageConfig.nullable(),
  }),
  when: When,
  inject: z.discriminatedUnion('fault', [
    z.strictObject({ fault: z.literal('stop-task') }),
    /** Desired count - 1; steered: every other task is protected, so that the scheduler must take the target. */
    z.strictObject({ fault: z.literal('scale-in'), steered: z.boolean() }),
    /** A new deployment of the same definition: the rollout stops every task in turn. */
    z.strictObject({ fault: z.literal('deployment') }),
    /** DRAINING on the EC2 host of the target. */
    z.strictObject({ fault: z.literal('drain-instance') }),
    /** The signal path of a spot reclaim with its two minutes: StopTask on Fargate, DRAINING on EC2. */
    z.strictObject({ fault: z.literal('spot-reclaim') }),
    /** A baseline: nothing is injected and the build must pass. */
    z.strictObject({ fault: z.literal('none') }),
  ]),
  expect: z.strictObject({
    build: z.enum(['passed', 'any']),
    drain: z.strictObject({ within: Duration.nullable() }),
    /** How long an idle worker may take to leave: after the stop, or by itself where nothing is injected. */
    idle: z.strictObject({ within: Duration.nullable() }),
    handover: z.enum(['forbidden', 'allowed']),
    /** Other containers of the task by name: the exit code they must have, and whether they must outlive the agent. */
    containers: z.record(
      z.string(),
      z.strictObject({ exit: z.number().int(), outlives: z.literal('agent').nullable() }),
    ),
  }),
  limits: z.strictObject({
    verdictWithin: Duration,
    pollEvery: Duration.min(100),
    /** How long after it told a task to stop ECS may need to signal a container; null: as the launch type has it. */
    signalLag: Duration.nullable(),
  }),
  safety: z.strictObject({
    allowLastWorker: z.boolean(),
    /** How many tasks one drill may take down. */
    tasks: z.number().int().min(1),
    window: Window.nullable(),
    minimumInterval: Duration,
    killSwitch: z.string().nullable(),
    haltWhen: z.array(HaltCondition),
  }),
  /** What a look at the definition may do to the drill: nothing, tell of errors, or refuse because of them. */
  preflight: z.enum(['warn', 'require', 'off']).default('off'),
  /** Names of variables whose values must never be shown. */
  secrets: z.array(z.string()),
  /** Path of the rig file, absolute; what stands in under `--rig`. */
  rig: z.string().nullable(),
  control: z.strictObject({ outcome: z.string(), reason: z.string() }).nullable(),
});
export type Scenario = z.infer<typeof Scenario>;
export type FaultName = Exclude<Scenario['inject']['fault'], 'none'>;

/** What holds of a fault wherever it is spoken of, before a drill and after it. */
interface FaultTraits {
  /** Which tasks it stops: the target, one that the scheduler chooses among the service's, all on its host, or all of the service. */
  readonly takes: 'target' | 'one-of-service' | 'host' | 'service';
  /** Whether it plays that the capacity is taken back: then spot's notice bounds how long a worker may take to leave. */
  readonly reclaims: boolean;
  /** What it stands for, where it only does the same as something that no API can do. */
  readonly equivalent: { readonly name: string; readonly said: string } | null;
}

export const FAULT_TRAITS = {
  'stop-task': { takes: 'target', reclaims: false, equivalent: null },
  'scale-in': { takes: 'one-of-service', reclaims: false, equivalent: null },
  deployment: { takes: 'service', reclaims: false, equivalent: null },
  'drain-instance': { takes: 'host', reclaims: false, equivalent: null },
  'spot-reclaim': {
    ...{ takes: 'host', reclaims: true },
    equivalent: { name: 'spot-equivalent', said: 'the signal path of a reclaim with its two minutes' },
  },
} as const satisfies Readonly<Record<FaultName, FaultTraits>>;

/** The names that a scenario may use. */
export const FAULT_NAMES = Object.keys(FAULT_TRAITS).filter(isFault);

/** A fault as it is shown: an equivalent is called one. */
export function faultTitle(fault: string): string {
  const equivalent = isFault(fault) ? FAULT_TRAITS[fault].equivalent : null;
  return equivalent === null ? fault : `${fault} (${equivalent.name})`;
}

function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULT_TRAITS, name);
}

/** Whether the drill has a build at all. */
export function hasBuild({ build }: { readonly build: Pick<Scenario['build'], 'pipeline'> }): boolean {
  return build.pipeline !== '';
}

/** What a rig says of itself: shown, never trusted; it can only make an answer inconclusive. */
export const RigFacts = z.strictObject({
  executor: z.string(),
  pid1: z.boolean(),
  /** Why there is no real PID 1, and each way to get one. */
  noPid1: z.strictObject({ said: z.string(), ways: z.array(z.string()) }).optional(),
  agent: z.strictObject({ kind: z.string(), path: z.string().nullable(), version: z.string().nullable() }),
  shell: z.string().nullable(),
  knobs: z.record(z.string(), z.unknown()),
  lostAfterMs: z.number().nullable(),
});
export type RigFacts = z.infer<typeof RigFacts>;

const Common = {
  /** Path of the scenario file as the user gave it. */
  file: z.string(),
  /** SHA-256 of the resolved scenario, so that a resume refuses a changed one. */
  digest: z.string(),
  organization: z.string(),
  region: z.string(),
  /** `rig` where everything is a stand-in. */
  label: z.string().nullable(),
  rig: RigFacts.nullable(),
  /** Ends with the runner, so that the drill cannot be resumed after it. */
  embeddedRig: z.boolean(),
  /** `yes`: the person said so beforehand; `ask`: a terminal is asked at the last instant; `refuse`: nobody can be asked. */
  consent: z.enum(['yes', 'ask', 'refuse']),
  dryRun: z.boolean(),
  /** How long Buildkite may need to give up on a silent agent, milliseconds. */
  lostAfter: Duration,
  /** Names the endpoints, account, region, cluster and service for lock and ledger. */
  lockKey: z.string(),
  /** gameday's own version. */
  runner: z.string(),
};

/** What `gameday assert` judges, and what must hold there. */
const Asserted = z.strictObject({
  ...Scenario.pick({ title: true, cluster: true, expect: true, limits: true }).shape,
  build: Scenario.shape.build.pick({ organization: true, pipeline: true, number: true, count: true }),
});

/** Which stops `gameday assert` judges. */
const Assertion = z.strictObject({
  /** Key of the step whose jobs are judged; null: every job of the build. */
  step: z.string().nullable(),
  /** ARNs of the tasks to judge; empty: those on which the build's jobs ran. */
  tasks: z.array(z.string()),
  /** Stops before this instant are somebody's older business. */
  since: z.number().int().nullable(),
  /** gameday runs inside that same build, so only the step's jobs can be waited for. */
  own: z.boolean(),
  /** The least that must be proven: a drain, or that nothing was lost. */
  require: z.enum(['drained', 'not-lost']),
});

/** All that one drill is about to do, fixed before anything is contacted: to inject, to watch a baseline, or to judge what somebody else stopped. */
export const Plan = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.enum(['inject', 'baseline']), scenario: Scenario, ...Common }),
  z.strictObject({ mode: z.literal('assert'), scenario: Asserted, assertion: Assertion, ...Common }),
]);
export type Plan = z.infer<typeof Plan>;
/** The plan of a drill that follows a scenario. */
export type ScenarioPlan = Extract<Plan, { mode: 'inject' | 'baseline' }>;

/** What the drill injects; null where it only watches. */
export function faultNameOf(plan: Plan): FaultName | null {
  if (plan.mode !== 'inject') return null;
  const { fault } = plan.scenario.inject;
  return fault === 'none' ? null : fault;
}

/** The traits of what the drill injects; null where it only watches. */
export function traitsOf(plan: Plan): FaultTraits | null {
  const fault = faultNameOf(plan);
  return fault === null ? null : FAULT_TRAITS[fault];
}

/** The key of the step that the drill is about; null where it is about none or all of them. */
export function stepOfPlan(plan: Plan): string | null {
  return plan.mode === 'assert' ? plan.assertion.step : stepOf(plan.scenario.when);
}

/** The plan of `gameday assert`. */
export type AssertionPlan = Extract<Plan, { mode: 'assert' }>;

/** How long the drill may wait before it watches, milliseconds. */
export function startWithinOf(plan: Plan): number {
  return plan.mode === 'assert' ? plan.scenario.limits.verdictWithin : plan.scenario.when.startWithin;
}
