import * as z from 'zod';

/** One step of a placement strategy. */
export interface PlacementStrategy {
  readonly type: 'spread' | 'binpack' | 'random';
  readonly field?: string | undefined;
}

/** Strategies as requests give them. */
export const strategiesShape = z.array(
  z.strictObject({ type: z.enum(['spread', 'binpack', 'random']), field: z.string().optional() }),
);
