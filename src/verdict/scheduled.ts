import { measureDrainTime } from '../checks/drain-time.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Verdict } from '../journal/events.ts';
import {
  findDecisiveCall,
  findFailedDeployment,
  hitsOf,
  findNewDeployment,
  findOvertaking,
  findServiceBefore,
  mayBeByScheduler,
  primaryOf,
  quoteServiceEvent,
} from '../evidence/hits.ts';
import { isDrained, isOfOthers, listBuildLines, withEveryBuild } from './builds.ts';
import type { Judged } from './case.ts';
import { judgeCommand, listRollbacks } from './command.ts';
import { verdictOf } from './made.ts';
import { traitsOf } from '../scenario/plan.ts';
import type { Service } from '../model/entities/task.ts';
import type { Reason } from '../model/reasons.ts';
import type { DrillResult } from './result.ts';

function deriveVerdict(
  reason: Reason,
  said: string,
  from: Verdict | undefined,
  notes: readonly string[],
): Verdict {
  const { cause = null, findings = [] } = from ?? {};
  return verdictOf(reason, said, { cause, findings, notes: [...(from?.notes ?? []), ...notes] });
}

/** The verdict on a fault that made the scheduler stop tasks: each stopped task is judged and the worst decides; another task than the target is named. */
export function judgeScheduled(evidence: Evidence, all: readonly Judged[]): Verdict {
  const hits = hitsOf(evidence);
  if (hits.length === 0 || isOnlyIdle(evidence, all))
    return judgeCommand(evidence, null, all) ?? judgeWithoutHit(evidence);
  const verdict = judgeHits(evidence, all);
  return judgeCommand(evidence, verdict, all) ?? verdict;
}

/** Whether a command made the scheduler stop workers without a job alone: then it touched no canary. */
function isOnlyIdle(evidence: Evidence, all: readonly Judged[]): boolean {
  return findDecisiveCall(evidence)?.call.kind === 'run-command' && all.length === 0;
}

function judgeHits(evidence: Evidence, all: readonly Judged[]): Verdict {
  const hits = hitsOf(evidence);
  const aimed = findAimedTask(evidence);
  const judged = dropFinishedBeforeStop(all, aimed);
  const worst = judged[0]?.verdict;
  const missed = aimed !== null && !hits.some(({ value }) => value.arn === aimed);
  const taken = hits.map(({ value }) => value.arn).join(', ');
  if (worst === undefined)
    return deriveVerdict(
      'missed-target',
      `the scheduler stopped ${taken}, which held no job`,
      undefined,
      listDeploymentEnds(evidence),
    );
  if (missed)
    return deriveVerdict(
      'missed-target',
      `the scheduler stopped ${taken}, not the target; there: ${worst.reason}: ${worst.said}`,
      worst,
      [],
    );
  const idle = hits.length - all.length;
  const over = all.length - judged.length;
  const notes = [
    ...(judged.length > 1
      ? [`${String(judged.length)} tasks with jobs were stopped; this is the worst of them`]
      : []),
    ...(over > 0
      ? [`on ${String(over)} more tasks nothing shows that the job was in flight at the stop`]
      : []),
    ...(idle > 0 ? [`${String(idle)} tasks that held no job were stopped too`] : []),
    ...listDeploymentEnds(evidence),
  ];
  return withEveryBuild({ ...worst, notes: [...worst.notes, ...notes] }, evidence, judged);
}

/** A rollout that was cut short has stopped fewer tasks than it was to: what it did stop counts. */
function listDeploymentEnds(evidence: Evidence): readonly string[] {
  const decisive = findDecisiveCall(evidence);
  if (decisive?.call.kind === 'run-command') return listRollbacks(evidence);
  if (decisive?.call.kind !== 'force-deployment') return [];
  const other = findOvertaking(evidence, decisive, Infinity);
  return other === null ? [] : [`not every task was replaced: ${other.said}`];
}

/** The task that must be among the stopped ones, even if the scheduler is free to choose, for its job is the target. Null if the fault stops every task. */
function findAimedTask({ plan, target }: Evidence): string | null {
  return traitsOf(plan)?.takes === 'service' ? null : (target?.taskArn ?? null);
}

/** A rollout stops some tasks right after their job's end: those show nothing, and do not change what the others show. */
function dropFinishedBeforeStop(judged: readonly Judged[], aimed: string | null): readonly Judged[] {
  const hit = judged.filter(
    ({ stopped, verdict: one }) => one.reason !== 'finished-before-stop' || stopped.target?.taskArn === aimed,
  );
  return hit.length === 0 ? judged : hit;
}

function judgeWithoutHit(evidence: Evidence): Verdict {
  const name = evidence.plan.scenario.cluster.service ?? '';
  const { last } = evidence.reads('service', name);
  const decisive = findDecisiveCall(evidence);
  const other = decisive === null ? null : findOvertaking(evidence, decisive, Infinity);
  if (other !== null) return deriveVerdict('stopped-by-other', other.said, undefined, []);
  const ended = evidence.events('GD_WATCH_ENDED').at(-1)?.payload;
  if (ended?.why === 'gap' || last?.ok === false)
    return deriveVerdict(
      'observation-gap',
      last?.error?.message ?? ended?.said ?? 'the service could not be read',
      undefined,
      [],
    );
  // The watch ended before it was known whether our call had happened, so the call was not sent again.
  if (ended?.why === 'settled' && decisive?.result !== 'ok')
    return deriveVerdict('stopped-by-other', ended.said, undefined, []);
  const failed = decisive === null ? null : findFailedDeployment(evidence, decisive);
  if (failed !== null) return deriveVerdict('stop-not-confirmed', failed.said, undefined, []);
  const said = 'ECS answered the call, but the scheduler stopped none of the tasks that ran before it';
  return deriveVerdict('stop-not-confirmed', `${said}${quoteServiceEvent(evidence)}`, undefined, []);
}

/** Whether a job was in flight on the stopped task: a worker without a job, or with one that had ended, does not count. */
function isHit(judged: Judged): boolean {
  const { stopped, verdict } = judged;
  return stopped.target?.jobId !== null && verdict.reason !== 'finished-before-stop' && !isOfOthers(judged);
}

/** The numbers of a fault that stops several tasks. */
export function fleetOf(evidence: Evidence, stops: readonly Judged[]): DrillResult['fleet'] {
  const decisive = findDecisiveCall(evidence);
  if (decisive === null) return null;
  const judged = stops.filter(isHit);
  const drains = judged.map(({ stopped }) => measureDrainTime(stopped)?.ms).filter((ms) => ms !== undefined);
  const ours = findNewDeployment(evidence, decisive);
  const before = findServiceBefore(
    evidence,
    evidence.plan.scenario.cluster.service ?? '',
    decisive.intendedSeq,
  );
  const former = before === undefined ? null : primaryOf(before);
  const isChanged = (service: Service): boolean =>
    primaryOf(service)?.id !== former?.id || service.desired !== before?.desired;
  const steady = evidence.firstLook(
    'service',
    evidence.plan.scenario.cluster.service ?? '',
    (service) =>
      (decisive.call.kind !== 'force-deployment' || primaryOf(service)?.id === ours) &&
      (decisive.call.kind !== 'run-command' || isChanged(service)) &&
      service.deployments.length === 1 &&
      (service.deployments[0]?.rolloutState ?? 'COMPLETED') === 'COMPLETED' &&
      service.running === service.desired,
    decisive.sentSeq ?? decisive.intendedSeq,
  );
  const count = (reason: Reason): number => judged.filter(({ verdict: one }) => one.reason === reason).length;
  const builds = listBuildLines(evidence, judged);
  return {
    buildsHit: builds.filter(({ hit }) => hit > 0).length,
    buildsKilled: builds.filter(({ killed }) => killed).length,
    tasksHit: hitsOf(evidence).filter(
      ({ value }) => decisive.call.kind !== 'run-command' || mayBeByScheduler(value),
    ).length,
    jobsHit: judged.length,
    drained: judged.filter(({ verdict: one }) => isDrained(one)).length,
    lost: count('lost'),
    masked: count('masked-loss'),
    longestDrain: drains.length === 0 ? null : Math.max(...drains),
    rollout: steady === undefined ? null : steady.answeredAt - decisive.answeredAt,
  };
}
