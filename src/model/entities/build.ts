import { z } from 'zod';
import { BuildkiteInstant } from '../instants.ts';

/** Build states of Buildkite's GraphQL API in lower case (`BuildStates`); what we do not know is `other`, kept raw beside it. */
export const BuildState = z.enum([
  'creating',
  'scheduled',
  'running',
  'blocked',
  'failing',
  'canceling',
  'canceled',
  'failed',
  'passed',
  'skipped',
  'not_run',
  'other',
]);
export type BuildState = z.infer<typeof BuildState>;

/** One Buildkite build in our words; times are Buildkite's. */
export const Build = z.strictObject({
  /** UUID. */
  id: z.string(),
  /** GraphQL id, which mutations want. */
  nodeId: z.string(),
  number: z.number().int(),
  url: z.string(),
  organization: z.string(),
  pipeline: z.string(),
  branch: z.string(),
  state: BuildState,
  rawState: z.string(),
  createdAt: BuildkiteInstant.nullable(),
  startedAt: BuildkiteInstant.nullable(),
  finishedAt: BuildkiteInstant.nullable(),
  canceledAt: BuildkiteInstant.nullable(),
  /** Name of the person who canceled it; null where Buildkite did so itself, or nobody. */
  canceledBy: z.string().nullable(),
  cancelReason: z.string().nullable(),
  /** Null where this read did not ask for it. */
  metaData: z.record(z.string(), z.string()).nullable(),
  /** UUIDs of all its command jobs; superseded attempts may be missing. Null where this read did not list them all. */
  jobs: z.array(z.string()).nullable(),
  /** False where there was no listing, or it shows not every job: then a job may exist that we did not see. */
  jobsComplete: z.boolean(),
});
export type Build = z.infer<typeof Build>;

const ENDED: ReadonlySet<BuildState> = new Set(['passed', 'failed', 'canceled', 'skipped', 'not_run']);

/** Whether nothing more happens to the build by itself (a retry by hand may still reopen it). */
export function hasBuildEnded(build: Build): boolean {
  return ENDED.has(build.state);
}
