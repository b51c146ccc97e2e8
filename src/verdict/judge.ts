import { attemptsOf, isJudged } from '../evidence/attempts.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { decisiveCall } from '../evidence/hits.ts';
import { eventsOf, type DrillEvent, type Finding, type Verdict } from '../journal/events.ts';
import type { Case } from '../checks/check.ts';
import { excused } from '../checks/handover.ts';
import { CHECKS } from '../checks/list.ts';
import { explain } from './explain.ts';
import { withEveryBuild } from './builds.ts';
import { judgeBaseline } from './baseline.ts';
import { judgeFound } from './found.ts';
import { unlessLeft } from './left.ts';
import { judgeScheduled } from './scheduled.ts';
import { verdictOf } from './made.ts';
import type { RigFacts } from '../model/plan.ts';
import { isReason, rowOf, type Reason } from '../model/reasons.ts';
import { decideStage } from './stages.ts';

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

/** That everything was over when the watch ended is asked beside the checks, and a pass needs it as much. */
const NEEDED: ReadonlySet<string> = new Set([
  'observed',
  ...CHECKS.filter((check) => check.needed).map((check) => check.name),
]);

/** The verdict of a journal: a function of what was written down and of nothing else. */
export function judge(journal: readonly DrillEvent[]): Verdict {
  const evidence = evidenceOf(journal);
  return withWays(unlessLeft(judged(evidence), evidence), evidence.plan.rig);
}

/** Where the machine had no PID namespaces, the rig knows what was missing, and so what to do here. */
function withWays(verdict: Verdict, rig: RigFacts | null): Verdict {
  if (verdict.reason !== 'no-pid1-semantics' || rig?.noPid1 === undefined) return verdict;
  return { ...verdict, next: `To give the rig's containers a real PID 1: ${rig.noPid1.ways.join('; or ')}.` };
}

function judged(evidence: Evidence): Verdict {
  const { journal } = evidence;
  const halted = eventsOf(journal, 'GD_HALTED').at(-1);
  if (halted !== undefined && isReason(halted.payload.reason))
    return ofReason(halted.payload.reason, halted.payload.said);
  const { mode } = evidence.plan;
  if (mode === 'baseline') return withCause(judgeBaseline(evidence), evidence);
  if (mode === 'assert') return withCause(judgeFound(evidence, judgeCase), evidence);
  if (decisiveCall(evidence) !== null) return judgeScheduled(evidence, judgeCase);
  const verdict = judgeCase(evidence);
  return withEveryBuild(verdict, evidence, [{ struck: evidence, verdict }]);
}

/** The cause of a verdict that no strike was judged for. */
function withCause(verdict: Verdict, evidence: Evidence): Verdict {
  const { cause, reason } = verdict;
  if (cause !== null || !isReason(reason)) return verdict;
  return { ...verdict, cause: explain({ evidence, attempts: attemptsOf(evidence) }, reason) };
}

/** The verdict over one strike, ours or found. */
export function judgeCase(evidence: Evidence): Verdict {
  const about: Case = { evidence, attempts: attemptsOf(evidence) };
  const findings = [...findingsOf(about), observed(about)];
  const decision = decideStage(findings, NEEDED, passing(about, findings));
  const row = rowOf(decision.reason);
  return {
    outcome: row.outcome,
    reason: decision.reason,
    stage: decision.stage,
    said: decision.by?.said ?? row.meaning,
    cause: explain(about, decision.reason),
    next: row.next,
    findings,
    notes: [...new Set(findings.flatMap((finding) => finding.notes))],
  };
}

/** What a pass is called here: an idle worker has no job that could be drained, and a one-shot agent leaves whether it heard the stop or not. */
function passing(about: Case, findings: readonly Finding[]): Reason {
  if (excused(about)) return 'handed-over';
  if (about.evidence.target?.jobId === null) return 'retired';
  const left = findings.find(({ check }) => check === 'agent-left');
  return left?.holds === 'yes' && left.proof === undefined ? 'outlasted' : 'drained';
}

/** A verdict that needs no checks: the drill was refused, could not run, or ended before anything was struck. */
export function ofReason(reason: Reason, said: string): Verdict {
  return verdictOf(reason, said);
}

/** Whether what had to be seen was seen: reads that failed to the end are a gap, what was still open at the deadline is its own reason. */
function observed({ evidence, attempts }: Case): Finding {
  const made = { check: 'observed', notes: [] };
  if (evidence.watchEnded === null)
    return { ...made, holds: 'unknown', raises: null, said: 'the drill is still watching', events: [] };
  const { why, seq } = evidence.watchEnded;
  const blind = blindSpot(evidence);
  if (why !== 'settled' && blind !== null)
    return { ...made, holds: 'unknown', raises: 'observation-gap', ...blind };
  if (why === 'gap')
    return {
      ...made,
      holds: 'unknown',
      raises: 'observation-gap',
      said: 'the evidence can no longer be had',
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

function blindSpot(evidence: Evidence): { said: string; events: number[] } | null {
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
    const last = evidence.reads(kind, id).at(-1);
    if (last === undefined || last.ok) continue;
    return {
      said: `the last read of the ${kind} failed: ${last.error?.message ?? 'no answer'}`,
      events: [last.seq],
    };
  }
  return null;
}
