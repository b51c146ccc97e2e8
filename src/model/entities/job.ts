import { z } from 'zod';
import { AgentInstant, BuildkiteInstant } from '../instants.ts';

/** Job states of Buildkite's GraphQL API in lower case (`JobStates`). RUNNING means that the agent called start: in flight. */
export const JobState = z.enum([
  'pending',
  'waiting',
  'waiting_failed',
  'blocked',
  'blocked_failed',
  'unblocked',
  'unblocked_failed',
  'limiting',
  'limited',
  'platform_limiting',
  'platform_limited',
  'scheduled',
  'reserved',
  'assigned',
  'accepted',
  'running',
  'finished',
  'canceling',
  'canceled',
  'timing_out',
  'timed_out',
  'skipped',
  'broken',
  'expired',
  'other',
]);
export type JobState = z.infer<typeof JobState>;

/** One event of a job's history (`JobEvent`); selected by `type`, never by class name. */
export const JobEvent = z.strictObject({
  type: z.string(),
  at: BuildkiteInstant.nullable(),
  actor: z.enum(['agent', 'dispatch', 'stack', 'system', 'user', 'other']),
  exitStatus: z.string().nullable(),
  signal: z.string().nullable(),
  signalReason: z.string().nullable(),
});
export type JobEvent = z.infer<typeof JobEvent>;

/** One command job: every attempt of a step is a job of its own. */
export const Job = z.strictObject({
  /** UUID. */
  id: z.string(),
  buildId: z.string(),
  /** `organization/pipeline/number` of its build, null where the token may not see it. */
  buildSlug: z.string().nullable(),
  url: z.string().nullable(),
  stepKey: z.string().nullable(),
  label: z.string().nullable(),
  state: JobState,
  rawState: z.string(),
  passed: z.boolean(),
  softFailed: z.boolean(),
  /** Buildkite gives jobs' exit status as a string: "0", "-1". */
  exitStatus: z.string().nullable(),
  signal: z.string().nullable(),
  /** `agent_stop`, `cancel`, ... in lower case. */
  signalReason: z.string().nullable(),
  /** A later attempt replaced this one. */
  retried: z.boolean(),
  /** UUID of the attempt that this one repeats. */
  retryOf: z.string().nullable(),
  retryType: z.enum(['automatic', 'manual']).nullable(),
  /** UUID of the agent that holds or held it. */
  agentId: z.string().nullable(),
  parallelIndex: z.number().int().nullable(),
  runnableAt: BuildkiteInstant.nullable(),
  /** The agent's own clock. */
  startedAt: AgentInstant.nullable(),
  /** The agent's own clock. */
  finishedAt: AgentInstant.nullable(),
  canceledAt: BuildkiteInstant.nullable(),
  /** Null where this read did not ask for the history. */
  events: z.array(JobEvent).nullable(),
});
export type Job = z.infer<typeof Job>;

const ENDED: ReadonlySet<JobState> = new Set([
  'finished',
  'canceled',
  'timed_out',
  'skipped',
  'broken',
  'expired',
  'waiting_failed',
  'blocked_failed',
  'unblocked_failed',
]);

/** States in which an agent has the job in its hands, from the assignment on. */
const HELD: ReadonlySet<JobState> = new Set(['assigned', 'accepted', 'running', 'canceling', 'timing_out']);

/** States of a job that waits for a worker, and for nothing that a person or another step must do first. */
const QUEUED: ReadonlySet<JobState> = new Set([
  'limiting',
  'limited',
  'platform_limiting',
  'platform_limited',
  'scheduled',
  'reserved',
]);

/** Whether the attempt has ended, whatever the result. */
export function hasJobEnded(job: Job): boolean {
  return ENDED.has(job.state);
}

/** Whether an agent has the job in its hands. */
export function isJobHeld(job: Job): boolean {
  return HELD.has(job.state);
}

/** Whether it is on its way to an agent, or in the hands of one: no block holds it. */
export function isJobMoving(job: Job): boolean {
  return QUEUED.has(job.state) || isJobHeld(job);
}
