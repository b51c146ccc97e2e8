import { z } from 'zod';
import { BuildkiteInstant } from '../instants.ts';

/** Connection states in lower case; GraphQL's own casing is not documented, so it is never compared raw. */
export const Connection = z.enum([
  'never_connected',
  'connected',
  'disconnected',
  'stopping',
  'stopped',
  'lost',
  'paused',
  'other',
]);
export type Connection = z.infer<typeof Connection>;

/** One Buildkite agent in our words; times are Buildkite's. */
export const Agent = z.strictObject({
  /** UUID. */
  id: z.string(),
  nodeId: z.string(),
  name: z.string(),
  hostname: z.string().nullable(),
  /** `key=value` meta-data, last one wins. */
  tags: z.record(z.string(), z.string()),
  connection: Connection,
  rawConnection: z.string(),
  connectedAt: BuildkiteInstant.nullable(),
  disconnectedAt: BuildkiteInstant.nullable(),
  lostAt: BuildkiteInstant.nullable(),
  stoppedGracefullyAt: BuildkiteInstant.nullable(),
  /** Name of the user who asked for the graceful stop; null where the agent reported it itself. */
  stoppedGracefullyBy: z.string().nullable(),
  stopForcedAt: BuildkiteInstant.nullable(),
  stopForcedBy: z.string().nullable(),
  version: z.string().nullable(),
  isRunningJob: z.boolean(),
  /** UUIDs of the jobs it was given lately, latest first; null where this read did not ask. */
  jobs: z.array(z.string()).nullable(),
});
export type Agent = z.infer<typeof Agent>;

/** The tag by which an agent started with `--tags-from-ecs-meta-data` names its task. */
export const TASK_ARN_TAG = 'ecs:task-arn';
/** The Docker name of the agent's container, not its name in the task definition. */
export const CONTAINER_NAME_TAG = 'ecs:container-name';

/** Whether the agent has left, in whatever way. */
export function hasAgentLeft(agent: Agent): boolean {
  return agent.connection === 'disconnected' || agent.connection === 'stopped' || agent.connection === 'lost';
}
