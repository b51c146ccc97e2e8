import { listTargetAgents } from '../evidence/agents.ts';
import { isJudged } from '../evidence/attempts.ts';
import { findSignalPath } from '../evidence/agent-container.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { isReportingStops } from '../checks/heard.ts';
import type { Case } from '../checks/check.ts';
import type { Finding } from '../journal/events.ts';
import { TASK_ARN_TAG } from '../model/entities/agent.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { rowOf } from '../model/reasons.ts';
import { keyOf, findFact, type Subject } from '../model/world.ts';
import type { DrillState } from '../state/state.ts';
import { isAtRest, listUnlistedBuilds } from './own-builds.ts';

/** How many of them are asked at once: each agent costs up to 60 of Buildkite's points. */
const AT_ONCE = 10;
/** How many workers are looked at for a witness. */
const WITNESSES = 4;

/**
 * What must be read once more before the verdict (rule 15): lists show connected agents only, and what came late shows
 * itself after the task has STOPPED. Empty: all of it was read, or the drill can no longer pass.
 */
export function sweepOf(state: DrillState, about: Case, findings: readonly Finding[]): readonly Subject[] {
  const isDecided = findings.some((finding) => !mayStillPass(finding));
  const unlisted = listUnlistedSince(state, about, isDecided);
  if (unlisted.length > 0) return unlisted;
  const strangers = strangersOf(state, about);
  if (strangers.length > 0) return strangers.slice(0, AT_ONCE);
  if (isDecided) return [];
  const since = findTargetStop(about.evidence);
  if (since === null) return [];
  const unread = listSweptSubjects(about).filter((subject) => !isRead(state, subject, since));
  if (unread.length > 0) return unread.slice(0, AT_ONCE);
  return listWitnessSubjects(state, about, findings).slice(0, AT_ONCE);
}

/**
 * The drill's builds of which all jobs were not listed since the stop, its task's end and the build's: a job of another step
 * may have been lost meanwhile. Where the verdict is decided, a listing that failed is not tried again.
 */
function listUnlistedSince(state: DrillState, { evidence }: Case, isDecided: boolean): readonly Subject[] {
  const { injection } = evidence;
  if (state.plan.mode === 'assert' || injection === null) return [];
  const stop = findTargetStop(evidence) ?? injection.answeredAt ?? 0;
  return state.buildIds.flatMap((id) => {
    const rest = evidence.firstLook('build', id, isAtRest, injection.intendedSeq)?.answeredAt ?? 0;
    const since = Math.max(stop, rest);
    const unlisted = listUnlistedBuilds({ ...state, buildIds: [id] }, since);
    return unlisted.filter((subject) => !isDecided || (state.marks[keyOf(subject)]?.triedAt ?? 0) < since);
  });
}

/** What of a sweep was not even tried since the task was seen STOPPED: that is asked once, also when the time is over. */
export function untriedOf(
  state: DrillState,
  { evidence }: Case,
  sweep: readonly Subject[],
): readonly Subject[] {
  const since = findTargetStop(evidence) ?? 0;
  return sweep.filter((subject) => (state.marks[keyOf(subject)]?.triedAt ?? 0) < since);
}

/** What a subject of the sweep is waited for. */
export function describeSubject({ kind, id }: Subject): string {
  return `${kind} ${id} to be read once more`;
}

/**
 * Agents of lost jobs of the build that nobody has looked at: one that was started again in the target's container has no
 * tag, and its job was lost by our stop. Asked whatever the verdict will be, for "on another task" is never assumed.
 */
function strangersOf({ marks }: DrillState, { attempts }: Case): readonly Subject[] {
  const ids = attempts
    .filter(({ role, loss }) => role === 'elsewhere' && loss !== null)
    .map(({ job }) => job.agentId)
    .filter((id) => id !== null);
  return [...new Set(ids)]
    .map((id) => ({ kind: 'agent', id }) as const)
    .filter((subject) => marks[keyOf(subject)] === undefined);
}

/** Stages A to C decide against a pass; what only lacks evidence may still be found. */
function mayStillPass({ raises }: Finding): boolean {
  return raises === null || rowOf(raises).stage === 'D';
}

/** When the target's task was first seen STOPPED; null where it was not. */
function findTargetStop(evidence: Evidence): Instant | null {
  const arn = evidence.injection?.taskArn;
  if (arn === undefined) return null;
  return evidence.firstLook('task', arn, hasTaskEnded)?.answeredAt ?? null;
}

function listSweptSubjects(about: Case): readonly Subject[] {
  const { evidence, attempts } = about;
  const arn = evidence.injection?.taskArn ?? '';
  const jobs = evidence.every('job').map(({ value }) => value);
  const doubtful = [
    ...attempts.filter((attempt) => isJudged(attempt) || !hasJobEnded(attempt.job)).map(({ job }) => job),
    ...jobs.filter((job) => evidence.buildIds.includes(job.buildId) && !job.passed),
  ];
  const agents = [...listTargetAgents(evidence), ...doubtful.map(({ agentId }) => agentId)];
  const hidden = jobs
    .map(({ retryOf }) => retryOf)
    .filter((id) => id !== null && evidence.last('job', id) === null);
  return [
    { kind: 'agents-of-task', id: arn },
    ...[...new Set(agents)].filter((id) => id !== null).map((id) => ({ kind: 'agent', id }) as const),
    ...[...new Set(hidden)].filter((id) => id !== null).map((id) => ({ kind: 'job', id }) as const),
    { kind: 'task', id: arn },
  ];
}

/** Read since then; what the service does not know, or ECS has forgotten, needs no second question. */
function isRead(state: DrillState, subject: Subject, since: Instant): boolean {
  const mark = state.marks[keyOf(subject)];
  if (mark === undefined) return false;
  if (mark.okSentAt !== null && mark.okSentAt >= since) return true;
  return mark.triedAt >= since && mark.trouble?.kind === 'not-found';
}

/**
 * Where an older agent left at once and nothing shows that the signal reaches it, workers of the same definition are looked
 * at: one that stayed without a job proves it (verdict rule 5). One page of the pipeline's past jobs names them.
 */
function listWitnessSubjects(
  state: DrillState,
  { evidence }: Case,
  findings: readonly Finding[],
): readonly Subject[] {
  const left = findings.find(({ check }) => check === 'agent-left');
  const agent = evidence.last('agent', evidence.target?.agentId ?? '')?.value;
  const { pipeline } = evidence.plan.scenario.build;
  if (left?.raises !== 'drain-not-proven' || agent === undefined || pipeline === '') return [];
  const path = findSignalPath(evidence);
  if (path.reaches !== 'unknown' || isReportingStops(evidence, agent)) return [];
  const workers = findFact(state.world, 'past-workers', pipeline)?.agents.slice(0, WITNESSES) ?? [];
  const tasks = workers
    .map((id) => findFact(state.world, 'agent', id)?.tags[TASK_ARN_TAG])
    .filter((arn) => arn !== undefined);
  const asked: readonly Subject[] = [
    { kind: 'past-workers', id: pipeline },
    ...workers.map((id) => ({ kind: 'agent', id }) as const),
    ...tasks.map((id) => ({ kind: 'task', id }) as const),
  ];
  return asked.filter((subject) => state.marks[keyOf(subject)] === undefined);
}
