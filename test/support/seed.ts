import fc, { type RunDetails } from 'fast-check';

const VARIABLE = 'GAMEDAY_SEED';
/** In CI the same histories are tried each time, so that a red run is red of the change and not of the dice. */
const IN_CI = 20_261_124;

/** The seed of every property: the one that a person asks for, or CI's; undefined lets each property draw its own. */
export function seedIn(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const asked = environment[VARIABLE] ?? '';
  if (asked === '') return (environment['CI'] ?? '') === '' ? undefined : IN_CI;
  if (!/^-?\d+$/.test(asked)) throw new Error(`${VARIABLE} is a whole number, not "${asked}"`);
  return Number(asked);
}

/** Fails as fast-check does, and says how the same cases are tried again. */
function report(details: RunDetails<unknown>): void {
  if (!details.failed) return;
  const replay = `The same cases again: ${VARIABLE}=${details.seed} npx vitest run FILE -t NAME`;
  const message = `${replay}\n${fc.defaultReportMessage(details) ?? 'a property does not hold'}`;
  throw new Error(message, { cause: details.errorInstance });
}

const seed = seedIn(process.env);
if (seed !== undefined) fc.configureGlobal({ seed });
fc.installGlobalPlugin(() => ({ onAllRunsComplete: report }));
