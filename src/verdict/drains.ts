import { measureDrainTime } from '../checks/drain-time.ts';
import type { DrillEvent, Verdict } from '../journal/events.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { indexJournal } from '../evidence/journal-index.ts';
import { judgeStops, type Judged } from './case.ts';
import { summarizeDrill } from './summarize.ts';

/** A worker whose stop a drill proved, and how it left. */
export interface MeasuredDrain {
  /** Whether it had a job when it was stopped. */
  readonly busy: boolean;
  /** Milliseconds from the stop to its leave; null where it did not drain. */
  readonly ms: number | null;
}

/** What one drill measured of the workers that it stopped. */
export interface MeasuredDrill {
  readonly drains: readonly MeasuredDrain[];
  /** Milliseconds that the agent was granted, by its task definition; null where that was not read. */
  readonly granted: number | null;
  /** Whether its workers were those of a rig. */
  readonly onRig: boolean;
}

/** The drains in a drill's journal; none where nothing is proven about the stop. */
export function drainsIn(journal: readonly DrillEvent[]): MeasuredDrill {
  const index = indexJournal(journal);
  const { stopWindow, label } = summarizeDrill(index, null);
  const agent = stopWindow?.agent ?? null;
  return {
    drains: judgeStops(evidenceOf(index)).filter(isProven).map(drainOf),
    granted: agent === null ? null : agent.killed - agent.signalled,
    onRig: label === 'rig',
  };
}

/** Passed and failed rest on a stop that landed; whatever else there is proves nothing about the drain. */
function isProven({ verdict: { outcome } }: Judged): boolean {
  return outcome === 'passed' || outcome === 'failed';
}

function drainOf({ stopped, verdict }: Judged): MeasuredDrain {
  const busy = stopped.target?.jobId != null;
  return { busy, ms: hasDrained(verdict) ? (measureDrainTime(stopped)?.ms ?? null) : null };
}

/** Of a worker that drained each of these holds, or is not asked of one without a job. */
const LEFT = ['no-job-lost', 'target-passed', 'agent-left', 'container-clean'] as const;

/** Whether the worker drained; what failed beside it, such as a limit or a sidecar, does not change that. */
export function hasDrained({ findings }: Verdict): boolean {
  return LEFT.every((check) =>
    findings.some((one) => one.check === check && ['yes', 'unasked'].includes(one.holds)),
  );
}
