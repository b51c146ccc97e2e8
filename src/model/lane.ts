import { z } from 'zod';

/** The clock that a moment was read from; `instance` is the EC2 instance's. */
export const MomentClock = z.enum(['runner', 'buildkite', 'ecs', 'instance', 'agent']);

/** One instant on a lane. */
export const LaneMark = z.strictObject({
  /**
   * `call`: a call of ours; `start`: an agent started the job; `signal`: SIGTERM; `kill`: SIGKILL; `exit`: a container ended by itself;
   * `lost`: Buildkite gave the agent up; `left`: the agent disconnected; `passed` and `failed`: the job ended; `stopped`: the task is over.
   */
  sign: z.enum([
    ...['call', 'start', 'signal', 'kill', 'exit', 'lost', 'left', 'passed', 'failed', 'stopped'],
  ] as const),
  /** Milliseconds since the first moment of the timeline. */
  at: z.number().int().nonnegative(),
  clock: MomentClock,
  /** It was seen then, and may have come before. */
  atLatest: z.boolean(),
  said: z.string(),
});
export type LaneMark = z.infer<typeof LaneMark>;

/** How somebody went through the drill, in milliseconds since the first moment of the timeline. */
export const Lane = z.strictObject({
  of: z.enum(['gameday', 'job', 'agent', 'container', 'task']),
  name: z.string(),
  /** `stopping`: from the stop signal on; `silent`: its container is gone, and Buildkite does not know it yet. */
  spans: z.array(
    z.strictObject({
      how: z.enum(['running', 'stopping', 'silent']),
      /** Null: before the first moment. */
      from: z.number().int().nonnegative().nullable(),
      /** Null: no end was seen. */
      to: z.number().int().nonnegative().nullable(),
    }),
  ),
  marks: z.array(LaneMark),
});
export type Lane = z.infer<typeof Lane>;

/** An instant at which something must be over: what is still there then is killed, or given up. */
export const Deadline = z.strictObject({
  of: z.enum(['stop-timeout', 'spot-limit']),
  at: z.number().int().nonnegative(),
  said: z.string(),
});
export type Deadline = z.infer<typeof Deadline>;
