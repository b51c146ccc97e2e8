import * as z from 'zod';

/** One step of a placement strategy. */
export interface PlacementStrategy {
  readonly type: 'spread' | 'binpack' | 'random';
  readonly field?: string | undefined;
}

/** What a service does that names no strategy. */
export const spreadOverZones: readonly PlacementStrategy[] = [
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
];

/** Strategies as requests give them. */
export const strategiesShape = z.array(
  z.strictObject({ type: z.enum(['spread', 'binpack', 'random']), field: z.string().optional() }),
);
