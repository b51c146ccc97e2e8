import { z } from 'zod';

/** One limit on points: how many it allows in five minutes, how many remain, and after how many milliseconds it is full again. */
const PointLimit = z.strictObject({
  limit: z.int().nonnegative(),
  remaining: z.int().nonnegative(),
  resetsIn: z.int().nonnegative(),
});

/** Buildkite's budget of GraphQL points as its latest answers showed it, and what this process has used. Null: no answer has named it. */
export const Budget = z.strictObject({
  user: PointLimit.nullable(),
  organization: PointLimit.nullable(),
  /** Points that this process spent in the last five minutes, and in all. */
  recent: z.int().nonnegative(),
  points: z.int().nonnegative(),
  requests: z.int().nonnegative(),
  /** The fewest points that any answer left, whoever spent them. */
  lowest: z.strictObject({
    user: z.int().nonnegative().nullable(),
    organization: z.int().nonnegative().nullable(),
  }),
  /** Points that other drills of this process, which stop their tasks before this one, need for their watches. */
  reserved: z.int().nonnegative().optional(),
});
export type Budget = z.infer<typeof Budget>;

/** What a drill may spend: in any five minutes, and now. */
export interface Share {
  readonly whole: number;
  readonly left: number;
}

/**
 * Our share of the stricter of the two limits. What others have spent makes it smaller in proportion, so that they can always
 * spend the rest; what is reserved is not left. Null where Buildkite has named no limit.
 */
export function shareOf({ user, organization, recent, reserved = 0 }: Budget, percent: number): Share | null {
  const shares = [user, organization]
    .filter((one) => one !== null)
    .map(({ limit, remaining }) => ({
      whole: (limit * percent) / 100,
      left: (Math.min(limit, remaining + recent) * percent) / 100 - recent,
    }));
  if (shares.length === 0) return null;
  return {
    whole: Math.floor(Math.min(...shares.map(({ whole }) => whole))),
    left: Math.max(0, Math.floor(Math.min(...shares.map(({ left }) => left)) - reserved)),
  };
}
