import { attemptsOf } from '../evidence/attempts.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import type { JournalIndex } from '../evidence/journal-index.ts';
import type { DrillEvent, Verdict } from '../journal/events.ts';
import { isToBeSpared, type RigFacts } from '../scenario/plan.ts';
import type { Reason } from '../model/reasons.ts';
import { judgeBaseline } from './baseline.ts';
import { adviseSaid } from './advise.ts';
import { withEveryBuild } from './builds.ts';
import { judgeCase, judgeStops, type Judged } from './case.ts';
import { explainCase } from './explain.ts';
import { judgeAssertion } from './found.ts';
import { withAborted, withNotUndone } from './left.ts';
import { verdictOf } from './made.ts';
import { adviseNeverRan } from './never-ran.ts';
import { judgeScheduled } from './scheduled.ts';
import { judgeSpared } from './spared.ts';

/** The verdict of a journal; it depends on the journal alone. */
export function judge(journal: JournalIndex | readonly DrillEvent[]): Verdict {
  const evidence = evidenceOf(journal);
  return judgeDrill(evidence, judgeStops(evidence));
}

/** The same, with its stops already judged. */
export function judgeDrill(evidence: Evidence, stops: readonly Judged[]): Verdict {
  const judged = withAborted(judgeByMode(evidence, stops), evidence);
  return withAdvice(withWays(withNotUndone(judged, evidence), evidence.plan.rig));
}

function withAdvice(verdict: Verdict): Verdict {
  const next = adviseSaid(verdict.reason, verdict.said);
  return next === null ? verdict : { ...verdict, next };
}

/** If the machine had no PID namespaces, the rig knows what was missing and how to get a real PID 1. */
function withWays(verdict: Verdict, rig: RigFacts | null): Verdict {
  if (verdict.reason !== 'no-pid1-semantics' || rig?.noPid1 === undefined) return verdict;
  return { ...verdict, next: `To give the rig's containers a real PID 1: ${rig.noPid1.ways.join('; or ')}.` };
}

function judgeByMode(evidence: Evidence, stops: readonly Judged[]): Verdict {
  const halted = evidence.events('GD_HALTED').at(-1);
  if (halted !== undefined) {
    const { reason, said } = halted.payload;
    const advice = reason === 'step-never-ran' ? adviseNeverRan(evidence) : null;
    return { ...verdictOfReason(reason, said), ...(advice !== null && { next: advice }) };
  }
  const { mode } = evidence.plan;
  if (mode === 'baseline') return withCause(judgeBaseline(evidence), evidence);
  if (mode === 'assert') return withCause(judgeAssertion(evidence, stops), evidence);
  if (findDecisiveCall(evidence) !== null)
    return isToBeSpared(evidence.plan) ? judgeSpared(evidence, stops) : judgeScheduled(evidence, stops);
  const own = stops[0] ?? { stopped: evidence, verdict: judgeCase(evidence) };
  return withEveryBuild(own.verdict, evidence, [own]);
}

/** The cause of a verdict that no injection was judged for. */
function withCause(verdict: Verdict, evidence: Evidence): Verdict {
  const { cause, reason } = verdict;
  if (cause !== null) return verdict;
  return { ...verdict, cause: explainCase({ evidence, attempts: attemptsOf(evidence) }, reason) };
}

/** A verdict that needs no checks: the drill was refused, could not run, or ended before anything was injected. */
export function verdictOfReason(reason: Reason, said: string): Verdict {
  return verdictOf(reason, said);
}
