/** How many runs a property gets; a long test sets more. */
export const RUNS = Math.max(1, Number(process.env.GAMEDAY_FUZZ_RUNS ?? '200') || 200);
