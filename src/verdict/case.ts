import type { Case } from '../checks/check.ts';
import { isExcused } from '../checks/handover.ts';
import { CHECKS } from '../checks/list.ts';
import { attemptsOf, isJudged } from '../evidence/attempts.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { viewFromStop, listShownStops } from '../evidence/found.ts';
import { findDecisiveCall, viewFromHits } from '../evidence/hits.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import type { CheckName } from '../model/names.ts';
import { rowOf, type Reason } from '../model/reasons.ts';
import { explainCase } from './explain.ts';
import { rankVerdict } from './made.ts';
import { decideStage } from './stages.ts';

/** A task that was stopped, and its verdict. */
export interface Judged {
  readonly stopped: Evidence;
  readonly verdict: Verdict;
}

/** Every stop of the drill that is judged, worst first: our own call's, each of the scheduler's that it caused, or each that ECS shows. */
export function judgeStops(evidence: Evidence): readonly Judged[] {
  return stopsOf(evidence)
    .map((stopped) => ({ stopped, verdict: judgeCase(stopped) }))
    .sort((a, b) => rankVerdict(a.verdict) - rankVerdict(b.verdict));
}

function stopsOf(evidence: Evidence): readonly Evidence[] {
  if (findDecisiveCall(evidence) !== null) return viewFromHits(evidence);
  if (evidence.plan.mode !== 'assert') return evidence.injection === null ? [] : [evidence];
  return listShownStops(evidence)
    .map((stop) => viewFromStop(evidence, stop, { by: 'found' }))
    .filter((stopped) => stopped !== null);
}

/** Every check's finding; a check that throws has no answer, which can never make a pass. */
export function findingsOf(about: Case): readonly Finding[] {
  return CHECKS.map((check) => {
    try {
      return { check: check.name, ...check.judge(about) };
    } catch (error) {
      return {
        check: check.name,
        holds: 'unknown',
        raises: 'evidence-missing',
        said: `the check itself failed: ${error instanceof Error ? error.message : String(error)}`,
        notes: [],
        events: [],
      };
    }
  });
}

/** A pass also needs `observed`: everything was over when the watch ended. It is not one of the checks. */
const NEEDED: ReadonlySet<CheckName> = new Set<CheckName>([
  'observed',
  ...CHECKS.filter((check) => check.needed).map((check) => check.name),
]);

/** The verdict over one injection, ours or found. */
export function judgeCase(evidence: Evidence): Verdict {
  const about: Case = { evidence, attempts: attemptsOf(evidence) };
  const findings = [...findingsOf(about), judgeObservation(about)];
  const decision = decideStage(findings, NEEDED, reasonOfPass(about, findings));
  const row = rowOf(decision.reason);
  return {
    outcome: row.outcome,
    reason: decision.reason,
    stage: decision.stage,
    said: decision.by?.said ?? row.meaning,
    cause: explainCase(about, decision.reason),
    next: row.next,
    findings,
    notes: [...new Set(findings.flatMap((finding) => finding.notes))],
  };
}

/** The reason of a pass. An idle worker has no job to drain (retired); a one-shot agent leaves whether or not it heard the stop (outlasted). */
function reasonOfPass(about: Case, findings: readonly Finding[]): Reason {
  if (isExcused(about)) return 'handed-over';
  if (about.evidence.target?.jobId === null) return 'retired';
  const left = findings.find(({ check }) => check === 'agent-left');
  return left?.holds === 'yes' && left.proof === undefined ? 'outlasted' : 'drained';
}

/** Whether everything was seen: reads that failed until the end are a gap; what was still open at the deadline is verdict-timeout. */
export function judgeObservation({ evidence, attempts }: Case): Finding {
  const made = { check: 'observed' as const, notes: [] };
  if (evidence.watchEnded === null)
    return { ...made, holds: 'unknown', raises: null, said: 'the drill is still watching', events: [] };
  const { why, seq } = evidence.watchEnded;
  const blind = findBlindSpot(evidence);
  if (why !== 'settled' && blind !== null)
    return { ...made, holds: 'unknown', raises: 'observation-gap', ...blind };
  if (why === 'gap')
    return {
      ...made,
      holds: 'unknown',
      raises: 'observation-gap',
      said: 'the evidence is no longer available',
      events: [seq],
    };
  if (why === 'deadline' && !attempts.some((attempt) => isJudged(attempt) && attempt.loss !== null))
    return {
      ...made,
      holds: 'unknown',
      raises: 'verdict-timeout',
      said: 'limits.verdictWithin ended before everything was over',
      events: [seq],
    };
  return {
    ...made,
    holds: 'yes',
    raises: null,
    said: 'everything was over when the watch ended',
    events: [seq],
  };
}

function findBlindSpot(evidence: Evidence): { said: string; events: number[] } | null {
  const { target, buildId } = evidence;
  if (target === null) return null;
  const subjects = [
    ['task', target.taskArn],
    ['job', target.jobId],
    ['agent', target.agentId],
    ['build', buildId],
  ] as const;
  for (const [kind, id] of subjects) {
    if (id === null) continue;
    const { last } = evidence.reads(kind, id);
    if (last === null || last.ok) continue;
    return {
      said: `the last read of the ${kind} failed: ${last.error?.message ?? 'no answer'}`,
      events: [last.seq],
    };
  }
  return null;
}
