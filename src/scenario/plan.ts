import { z } from 'zod';
import { StepName } from '../model/step-name.ts';
import { traitsOfInject, type FaultName, type FaultTraits } from './inject.ts';
import { Asserted, Scenario } from './schema.ts';
import { stepOf } from './when.ts';

/** What a rig says of itself. It is shown but not trusted: it can only make an answer inconclusive. */
export const RigFacts = z.strictObject({
  executor: z.string(),
  pid1: z.boolean(),
  /** Why there is no real PID 1, and each way to get one. */
  noPid1: z.strictObject({ said: z.string(), ways: z.array(z.string()) }).optional(),
  agent: z.strictObject({ kind: z.string(), path: z.string().nullable(), version: z.string().nullable() }),
  /** By service: how many of its tasks run processes, where the agents of the others only register and idle. */
  tasksWithProcesses: z.record(z.string(), z.number()).optional(),
  /** Services whose agents live inside the rig, without a process behind any task. */
  agentsInProcess: z.array(z.string()).optional(),
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
  /** `yes`: the person gave --yes; `ask`: gameday asks on the terminal at the last instant; `refuse`: nobody can be asked. */
  consent: z.enum(['yes', 'ask', 'refuse']),
  dryRun: z.boolean(),
  /** How long Buildkite may need to give up on a silent agent, milliseconds. */
  lostAfter: z.int().nonnegative(),
  /** Names the endpoints, account, region, cluster and service for lock and past injections. */
  lockKey: z.string(),
  /** The store in which machines share lock and past injections; missing: this machine keeps them alone. */
  lockStore: z.string().optional(),
  /** gameday's own version. */
  runner: z.string(),
  /** Present where the drill's spans are sent: TRACEPARENT as the caller gave it, empty where it gave none. */
  traceparent: z.string().optional(),
};

/** Which stops `gameday assert` judges. */
const Assertion = z.strictObject({
  /** The step whose jobs are judged; null: every job of the build. */
  step: StepName.nullable(),
  /** ARNs of the tasks to judge; empty: those on which the build's jobs ran. */
  tasks: z.array(z.string()),
  /** Stops before this instant are not judged. */
  since: z.number().int().nullable(),
  /** gameday runs inside that same build, so only the step's jobs can be waited for. */
  own: z.boolean(),
  /** What must be proven at least: a drain, or that nothing was lost. */
  require: z.enum(['drained', 'not-lost']),
});

/** All that one drill is about to do, fixed before any service is contacted: inject, watch a baseline, or judge what somebody else stopped. */
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
  return plan.mode === 'inject' ? traitsOfInject(plan.scenario.inject) : null;
}

/** Whether the target's scale-in protection is to have it left alone while its job runs. */
export function isToBeSpared(plan: Plan): boolean {
  return plan.mode === 'inject' && plan.scenario.expect.worker === 'spared';
}

/** The step that the drill is about; null where it is about none or all of them. */
export function stepOfPlan(plan: Plan): StepName | null {
  return plan.mode === 'assert' ? plan.assertion.step : stepOf(plan.scenario.when);
}

/** The plan of `gameday assert`. */
export type AssertionPlan = Extract<Plan, { mode: 'assert' }>;

/** How long the drill may wait before it watches, milliseconds. */
export function startWithinOf(plan: Plan): number {
  return plan.mode === 'assert' ? plan.scenario.limits.verdictWithin : plan.scenario.when.startWithin;
}
