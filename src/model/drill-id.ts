/** `20260102-030405-` and 16 hexadecimal digits; of drills that one process runs at the same time the first eight are the same. */
const ID = /^\d{8}-\d{6}-([0-9a-f]{8})[0-9a-f]{8}$/;

/** Digits by which drills of one game day are known; by accident two of others have the same once in four thousand million. */
export const GAME_DAY_BYTES = 4;

/** Whether two drills belong to one game day, whose process runs them at the same time. */
export function isOfSameGameDay(one: string, other: string): boolean {
  const gameDay = ID.exec(one)?.[1];
  return gameDay !== undefined && gameDay === ID.exec(other)?.[1];
}
