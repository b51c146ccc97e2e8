/** `npm run test:long` sets it: then every event has its turn, else every fourth, for `npm test` is to be over in five minutes. */
const STEP = process.env['GAMEDAY_EVERY_EVENT'] === '1' ? 1 : 4;

/** Numbers of the events from the first to before `end` at which something is to happen to a runner. */
export function anyEvent(end: number): readonly number[] {
  return Array.from({ length: Math.ceil((end - 1) / STEP) }, (_, index) => 1 + index * STEP);
}
