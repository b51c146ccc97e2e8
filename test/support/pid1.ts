import { test } from 'vitest';
import { probeMachine } from '../../src/rig/workers/machine.ts';
import { whyNoNamespaces } from '../../src/rig/workers/no-pid1.ts';

/** Whether the rig gives containers a real PID 1 here: its own question, so that tests and rig cannot disagree. */
export const hasPid1 = probeMachine().namespaces !== undefined;

/** A test of what hangs on a real PID 1: where there is none, it is reported as not run. */
export const needsPid1 = test.runIf(hasPid1);

if (!hasPid1) {
  const { said, ways } = whyNoNamespaces();
  // Another executor is a way for a drill; what is tested here is this one.
  const own = ways.filter((way) => !way.includes('--executor'));
  const remedy = `Tests that need a real PID 1 are not run: ${said}. To run them: ${own.join('; or ')}.`;
  if (process.env['GAMEDAY_REQUIRE_TOOLS'] === '1') throw new Error(`GAMEDAY_REQUIRE_TOOLS=1. ${remedy}`);
  process.stderr.write(`${remedy}\n`);
}
