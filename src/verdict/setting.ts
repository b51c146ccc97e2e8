import { z } from 'zod';

/** When and where a drill ran, by which gameday, and what it cost: fields of its result. */
export const SETTING = {
  /** When the drill was planned, by the runner's clock, epoch ms. */
  startedAt: z.number().int(),
  /** When its verdict was given; where it has none, when it was settled; null where it is not over. */
  endedAt: z.number().int().nullable(),
  /** Version of the gameday that planned it. */
  gameday: z.string(),
  region: z.string(),
  /** As the scenario names it. */
  cluster: z.string(),
  /** Of the scenario, else of the task that was aimed at; null where neither is known. */
  service: z.string().nullable(),
  /** The AWS account of the tasks, twelve digits; null where none was seen. */
  account: z.string().nullable(),
  /** What the drill cost. Null: the journal does not know it. */
  cost: z.strictObject({
    /** Requests to Buildkite's GraphQL API, and the points that they cost. */
    requests: z.number().int().nullable(),
    points: z.number().int().nullable(),
    /** Calls that change something at Buildkite or AWS, and were sent or may have been. */
    calls: z.number().int(),
  }),
};
export type Setting = z.infer<z.ZodObject<typeof SETTING>>;
