import { test } from 'vitest';
import { worldsHold } from '../property/worlds.ts';

test('twenty thousand true histories, seen by clocks, caches and reads that lie, are never judged wrong', () => {
  worldsHold(20_000);
});
