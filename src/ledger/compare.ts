import { formatSpan } from '../model/instants.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { FingerprintedWorker } from '../worker/fingerprinted.ts';
import { listChanges, sayChange } from './diff.ts';

/** One of two drills that are compared. */
export interface Compared {
  readonly result: DrillResult;
  /** Null where the drill ended before its worker was known, or was a dry run. */
  readonly worker: FingerprintedWorker | null;
  /** What the job in flight still had to run at the stop, ms; null where it did not finish. */
  readonly leftMs: number | null;
}

/** What differs between two drills, one line each, from the first to the second. */
export interface DrillDifference {
  /** Null where one of the workers is not known. */
  readonly worker: readonly string[] | null;
  readonly verdict: readonly string[];
  readonly times: readonly string[];
}

export function compareResults(a: Compared, b: Compared): DrillDifference {
  return {
    worker: a.worker === null || b.worker === null ? null : listChanges(a.worker, b.worker),
    verdict: [
      ...sayChange('verdict', sayVerdict(a.result), sayVerdict(b.result)),
      ...sayChange('cause', sayCause(a.result), sayCause(b.result)),
      ...listCheckChanges(a.result, b.result),
    ],
    times: [
      ...sayChange('drain', sayTime(a.result.drain?.ms), sayTime(b.result.drain?.ms)),
      ...sayChange('left of the job at the stop', sayTime(a.leftMs), sayTime(b.leftMs)),
      ...sayChange("the agent's container is killed after", sayKill(a.result), sayKill(b.result)),
    ],
  };
}

function sayVerdict({ outcome, reason }: DrillResult): string {
  return outcome === reason ? outcome : `${outcome}: ${reason}`;
}

function sayCause({ cause }: DrillResult): string {
  const [first] = cause?.ranked ?? [];
  return first === undefined ? '(none)' : `${first.name} (${first.weight})`;
}

/** Checks that one drill answers otherwise than the other, or that only one of them asked. */
function listCheckChanges(a: DrillResult, b: DrillResult): readonly string[] {
  const names = [...new Set([...a.findings, ...b.findings].map(({ check }) => check))];
  const answer = ({ findings }: DrillResult, name: string): string => {
    const holds = findings.find(({ check }) => check === name)?.holds ?? 'unasked';
    return holds === 'unasked' ? '(not asked)' : holds;
  };
  return names.flatMap((name) => sayChange(`check ${name}`, answer(a, name), answer(b, name)));
}

function sayTime(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '(not measured)' : formatSpan(ms);
}

/** Time from the signal to the SIGKILL of the agent's container, by its definition. */
function sayKill({ stopWindow }: DrillResult): string | null {
  const agent = stopWindow?.agent ?? null;
  return agent === null ? null : formatSpan(agent.killed - agent.signalled);
}
