import { attemptsOf } from '../evidence/attempts.ts';
import { clocksOf } from '../evidence/clocks.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { indexJournal } from '../evidence/journal-index.ts';
import { findFinishTime } from '../evidence/job-times.ts';
import { stopOf } from '../evidence/stop.ts';
import type { DrillEvent } from '../journal/events.ts';
import type { Reason } from '../model/reasons.ts';
import { formatStep } from '../model/step-name.ts';
import { stepOfPlan, traitsOf } from '../scenario/plan.ts';
import { judgeStops } from '../verdict/case.ts';
import { judgeDrill } from '../verdict/judge.ts';
import type { DrillResult } from '../verdict/result.ts';
import { summarizeDrill } from '../verdict/summarize.ts';
import { readFingerprinted, type KnownWorker } from '../worker/fingerprinted.ts';
import { launchOfTask } from '../worker/launch.ts';
import { LEDGER_VERSION, type LedgerDocument } from './document.ts';
import { sealRecord } from './seal.ts';
import { judgeTrial, type Trial } from './trial.ts';

/** Whose verdict counts: the journal's own, or that of today's checks. */
export type Judging = 'as-stored' | 'by-todays-checks';

interface DocumentOptions {
  readonly judging?: Judging;
  /** Why the run ended before the drill did: like a drill that a signal interrupted, it may be resumed. */
  readonly cut?: Reason | null;
}

/** Whether the drill has come to its end, with its verdict or by a signal; one whose runner died has not, and can be resumed. */
export function isOver(journal: readonly DrillEvent[]): boolean {
  const ends: readonly DrillEvent['code'][] = ['GD_JUDGED', 'GD_SETTLED'];
  return journal.at(-1)?.code === 'GD_INTERRUPTED' || journal.some(({ code }) => ends.includes(code));
}

/** The ledger's document of a drill, or null where the drill was never to contact anything (a dry run). */
export function documentOf(
  journal: readonly DrillEvent[],
  version: string,
  { judging = 'as-stored', cut = null }: DocumentOptions = {},
): LedgerDocument | null {
  const index = indexJournal(journal);
  const evidence = evidenceOf(index);
  const { plan } = evidence;
  if (plan.dryRun) return null;
  const stops = judgeStops(evidence);
  const stored = evidence.events('GD_JUDGED').at(-1);
  const again = stored === undefined || judging === 'as-stored' ? null : judgeDrill(evidence, stops);
  const result = summarizeDrill(index, null, again);
  const shown = stops[0]?.stopped ?? evidence;
  const trial = judgeTrial(cut === null ? result : { ...result, outcome: 'interrupted' }, stops);
  const known = readWorkerOf(shown, result.fault);
  return sealRecord({
    ...{ v: LEDGER_VERSION, version, drill: evidence.drill },
    world: plan.label === 'rig' ? 'rig' : 'real',
    at: (stored ?? evidence.lastEvent).at,
    worker: known?.worker ?? null,
    unknowns: [...(known?.unknowns ?? [])],
    cluster: plan.scenario.cluster.name,
    service: plan.scenario.cluster.service,
    organization: plan.organization,
    pipeline: plan.scenario.build.pipeline,
    step: nameStep(shown),
    fault: result.fault,
    build: result.build?.url ?? null,
    outcome: cut === null ? result.outcome : 'interrupted',
    reason: cut ?? result.reason,
    ...trial,
    ...measureTimes(shown, result, trial),
  });
}

/** The worker that was aimed at, with what its task showed; null where the drill ended before it was known. */
function readWorkerOf(evidence: Evidence, fault: string): KnownWorker | null {
  const { target } = evidence;
  const task = target === null ? null : evidence.last('task', target.taskArn);
  const definition = task === null ? null : evidence.last('task-definition', task.value.definition);
  if (target === null || task === null || definition === null) return null;
  const looks = evidence.values('task', target.taskArn).flatMap(({ containers }) => containers);
  return readFingerprinted({
    containers: definition.value.containers,
    agent: target.container,
    launch: launchOfTask(task.value, traitsOf(evidence.plan)?.reclaims === true),
    platform: definition.value.platform ?? null,
    digests: Object.fromEntries(
      looks.flatMap(({ name, imageDigest }) => (imageDigest === undefined ? [] : [[name, imageDigest]])),
    ),
    agentVersion: evidence.last('agent', target.agentId)?.value.version ?? null,
    fault,
  });
}

/** The step that the drill is about; where it is about all of them, that of the job in flight. */
function nameStep(evidence: Evidence): string {
  const step = stepOfPlan(evidence.plan);
  if (step !== null) return formatStep(step);
  const job = evidence.target?.jobId ?? null;
  return (job === null ? null : evidence.last('job', job)?.value.stepKey) ?? '';
}

function measureTimes(
  evidence: Evidence,
  { drain, fleet }: DrillResult,
  { proven, drains }: Trial,
): Pick<LedgerDocument, 'leftMs' | 'drainMs'> {
  const hasLeft = drains === 'held' || drains === 'outlasted';
  return {
    leftMs: proven ? measureLeft(evidence) : null,
    drainMs: hasLeft ? (fleet?.longestDrain ?? drain?.ms ?? null) : null,
  };
}

/** What the job in flight still had to run at the stop, ms; null where its agent did not finish it. */
function measureLeft(evidence: Evidence): number | null {
  const job = attemptsOf(evidence).find(({ role }) => role === 'target')?.job;
  const stop = stopOf(evidence);
  const end = job === undefined ? null : findFinishTime(job);
  if (stop === null || end === null) return null;
  return Math.max(0, Math.round(clocksOf(evidence).distance(stop, end).ms));
}
