import { z } from 'zod';
import { MomentClock } from '../model/lane.ts';

/** What a moment is, for those who draw it. `signal`: ECS began to stop the task; `exit`: its first essential container ended. */
const MomentKind = z.enum([
  ...(['build-created', 'build-ended', 'job-started', 'job-ended', 'job-lost'] as const),
  ...(['stop-sent', 'signal', 'exit', 'task-stopped', 'agent-disconnected', 'agent-lost'] as const),
]);

/** One moment of what happened, in order. */
export const Moment = z.strictObject({
  /** As its own clock showed it. */
  at: z.number().int(),
  clock: MomentClock,
  /** Milliseconds since the first moment, as far as the clocks are known; null where its clock is not and shows a time before that one. */
  since: z.number().int().nonnegative().nullable(),
  said: z.string(),
  event: z.number().int(),
  /** Absent for a call that changes a service or a host. */
  what: MomentKind.optional(),
  /** Id of the job, agent or build, or ARN of the task, that it is about. */
  of: z.string().optional(),
  /** Of the agent's container, which had ended by then. */
  exitCode: z.number().int().optional(),
});
export type Moment = z.infer<typeof Moment>;
