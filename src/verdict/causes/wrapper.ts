import { clocksOf } from '../../evidence/clocks.ts';
import { sayEndSinceStop, readAgentExitCode, hasLeft, type Grounds } from './grounds.ts';

/** An exit this soon after the stop can only come from the signal itself, milliseconds. */
const SOON = 5_000;

/** A wrapper that exited 143 (SIGTERM) before the agent had left: when, and whether that was at once. */
export function findWrapperDeath(
  grounds: Grounds,
): { readonly after: string; readonly atOnce: boolean } | null {
  const { agent, stop, end, evidence } = grounds;
  if (agent === null || readAgentExitCode(grounds) !== 143 || hasLeft(grounds)) return null;
  const lasted = stop === null || end === null ? null : clocksOf(evidence).distance(stop, end);
  return {
    after: sayEndSinceStop(grounds),
    atOnce: lasted !== null && Number.isFinite(lasted.error) && lasted.ms <= SOON,
  };
}
