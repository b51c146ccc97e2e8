import { findDecisiveCall, findServiceBefore, primaryOf, type Decisive } from '../evidence/hits.ts';
import { listNewDeployments, shortenDefinition } from '../evidence/command-cause.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Verdict } from '../journal/events.ts';
import type { CommandRun } from '../model/entities/command.ts';
import { formatSpan } from '../model/instants.ts';
import { COMMAND } from '../scenario/subjects.ts';
import { listBuildLines } from './builds.ts';
import type { Judged } from './case.ts';
import { rankVerdict, verdictOf } from './made.ts';
import type { DrillResult } from './result.ts';

/** The command of the drill as it was seen last; null where the drill ran none. */
function findRun(
  evidence: Evidence,
): { readonly decisive: Decisive; readonly run: CommandRun | null } | null {
  const decisive = findDecisiveCall(evidence);
  if (decisive?.call.kind !== 'run-command') return null;
  return { decisive, run: evidence.last(COMMAND.kind, COMMAND.id)?.value ?? null };
}

function measureRun({ startedAt, endedAt }: CommandRun): number | null {
  return startedAt === null || endedAt === null ? null : endedAt - startedAt;
}

/** How the command failed; null where it ended with 0, or where its end is not known. */
function explainFailure(run: CommandRun, limit: number): string | null {
  if (run.state !== 'ended') return null;
  const after = formatSpan(measureRun(run) ?? 0);
  const how = run.signal === null ? `exit code ${String(run.exitCode)}` : `signal ${run.signal}`;
  if (run.endedBy === 'limit')
    return `the command ran over its limit of ${formatSpan(limit)} (inject.limit) and was ended: ${how}`;
  if (run.endedBy !== null)
    return `the command still ran when the drill ended, and was ended with it: ${how}`;
  return run.exitCode === 0 ? null : `the command failed with ${how} after ${after}`;
}

/** The builds whose workers the command did not stop in flight, if they are more than expect.touched allows. */
function explainUntouched(evidence: Evidence, judged: readonly Judged[]): string | null {
  const lines = listBuildLines(evidence, judged);
  const missed = lines.filter(({ hit }) => hit === 0);
  const { plan } = evidence;
  const touched = plan.mode === 'assert' ? 'all' : plan.scenario.expect.touched;
  if (missed.length === 0 || (touched === 'some' && missed.length < lines.length)) return null;
  const which = missed.map(({ number }) => `#${String(number)}`).join(', ');
  return `of ${String(lines.length)} builds the command stopped the worker of ${String(lines.length - missed.length)} in flight; not touched: ${which}; expect.touched is ${touched}`;
}

/**
 * The verdict on a fault `command`: a proven failure stands; else a command that failed decides, then what is not known of its
 * end, then canaries that it did not touch. `worst` is the verdict on the tasks that the scheduler stopped; null where it stopped none.
 */
export function judgeCommand(
  evidence: Evidence,
  worst: Verdict | null,
  judged: readonly Judged[],
): Verdict | null {
  const found = findRun(evidence);
  if (found === null || worst?.outcome === 'failed') return worst;
  const { decisive, run } = found;
  const limit = decisive.call.kind === 'run-command' ? decisive.call.limit : 0;
  const failure = run === null ? null : explainFailure(run, limit);
  // Where tasks were stopped the rollbacks stand among the notes on them.
  const notes =
    worst === null
      ? listRollbacks(evidence)
      : [`of the stopped tasks the worst is ${worst.reason}: ${worst.said}`];
  const grounds = { findings: worst?.findings ?? [], notes: [...(worst?.notes ?? []), ...notes] };
  if (failure !== null) return verdictOf('command-failed', failure, grounds);
  const said = 'how the command ended is not known, for the runner that had started it died';
  const untouched = explainUntouched(evidence, judged);
  const beside = [
    ...(run?.state === 'ended' ? [] : [verdictOf('observation-gap', said, grounds)]),
    ...(untouched === null ? [] : [verdictOf('not-touched', untouched, grounds)]),
    ...(worst === null ? [] : [worst]),
  ];
  return beside.toSorted((a, b) => rankVerdict(a) - rankVerdict(b))[0] ?? null;
}

/**
 * Notes on the deployments that began under the command and did not complete. ECS shows a failed one only as long as it has
 * tasks: one that is gone while the service has the deployment from before the command again was rolled back too.
 */
export function listRollbacks(evidence: Evidence): readonly string[] {
  const found = findRun(evidence);
  const name = evidence.plan.scenario.cluster.service ?? '';
  const service = evidence.last('service', name)?.value;
  if (found === null || service === undefined) return [];
  const now = primaryOf(service);
  const former = findServiceBefore(evidence, name, found.decisive.intendedSeq);
  const isBack = former !== undefined && now !== null && primaryOf(former)?.id === now.id;
  const isShown = (id: string): boolean => service.deployments.some((one) => one.id === id);
  return listNewDeployments(evidence, found.decisive)
    .map(({ deployment }) => deployment)
    .filter(({ id, rolloutState }) => rolloutState === 'FAILED' || (isBack && !isShown(id)))
    .map(({ id }) =>
      now === null || now.id === id
        ? `deployment ${id} failed`
        : `deployment ${id} failed and was rolled back to ${now.id}: not every task was replaced`,
    );
}

/** What is shown of the command; null where the drill ran none. */
export function describeRun(evidence: Evidence): DrillResult['command'] {
  const found = findRun(evidence);
  if (found?.decisive.call.kind !== 'run-command') return null;
  const { decisive, run } = found;
  const before = findServiceBefore(evidence, found.decisive.call.service, decisive.intendedSeq);
  const nameOf = (arn: string | null | undefined): string | null =>
    arn == null ? null : shortenDefinition(arn);
  return {
    words: found.decisive.call.command,
    state: run?.state ?? (decisive.result === 'refused' ? 'refused' : 'unknown'),
    exitCode: run?.exitCode ?? null,
    signal: run?.signal ?? null,
    endedBy: run?.endedBy ?? null,
    leftProcesses: run?.leftProcesses ?? false,
    ms: run === null ? null : measureRun(run),
    formerDefinition: nameOf(before === undefined ? null : primaryOf(before)?.definition),
    deployments: listNewDeployments(evidence, decisive).map(({ deployment }) => ({
      id: deployment.id,
      definition: nameOf(deployment.definition),
      rolloutState: deployment.rolloutState,
    })),
  };
}
