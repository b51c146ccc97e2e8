import { drainTime } from '../checks/drain-time.ts';
import { attemptsOf, isJudged, taskOf } from '../journal/attempts.ts';
import { evidenceOf, type Evidence } from '../journal/evidence.ts';
import { eventsOf, type DrillEvent, type Verdict } from '../journal/events.ts';
import { judgedStops } from './found.ts';
import { fleetOf, judgedHits } from './scheduled.ts';
import { decisiveCall } from '../journal/hits.ts';
import { judge, judgeCase, ofReason } from './judge.ts';
import { exitCodeOf, type OutcomeName } from './reasons.ts';
import type { AttemptLine, DrillResult } from './result.ts';
import { timelineOf } from './timeline.ts';

/** What a drill came to: its verdict and everything that a stranger needs to follow it. `judgedAgain` puts today's checks in place of the stored verdict. */
export function summarize(
  journal: readonly DrillEvent[],
  journalPath: string | null,
  judgedAgain: Verdict | null = null,
): DrillResult {
  const evidence = shown(evidenceOf(journal));
  const { plan } = evidence;
  const interrupted =
    journal.at(-1)?.code === 'GD_INTERRUPTED' ? eventsOf(journal, 'GD_INTERRUPTED').at(-1) : undefined;
  const verdict =
    judgedAgain ??
    (interrupted === undefined
      ? (eventsOf(journal, 'GD_JUDGED').at(-1)?.payload.verdict ?? judge(journal))
      : ofReason('interrupted', `${interrupted.payload.signal}: ${whatWasSent(evidence)}`));
  const build = evidence.buildId === null ? null : evidence.last('build', evidence.buildId)?.value;
  const agent = evidence.target === null ? null : evidence.last('agent', evidence.target.agentId)?.value;
  const drain = evidence.strike === null ? null : drainTime(evidence);
  const { control } = plan.scenario;
  return {
    version: 1,
    drill: evidence.drill,
    file: plan.file,
    title: plan.scenario.title,
    label: plan.label,
    outcome: verdict.outcome,
    reason: verdict.reason,
    exitCode: exitCodeOf(verdict.outcome as OutcomeName, interrupted?.payload.signal),
    said: verdict.said,
    cause: verdict.cause,
    next:
      interrupted !== undefined && plan.embeddedRig
        ? 'Run it again: its rig ended with the runner.'
        : verdict.next,
    notes: verdict.notes,
    injection: injectionOf(evidence, verdict),
    fault: plan.scenario.inject.fault,
    build: build == null ? null : { number: build.number, url: build.url, state: build.rawState },
    target: evidence.target,
    agent: agent == null ? null : { name: agent.name, version: agent.version },
    attempts: attemptLines(evidence),
    drain: drain === null ? null : { ms: drain.ms, atMost: drain.atMost, by: drain.by },
    fleet: fleetOf(evidenceOf(journal), judgeCase),
    guards: eventsOf(journal, 'GD_GUARDS_ANSWERED').at(-1)?.payload.answers ?? [],
    findings: verdict.findings,
    timeline: [...timelineOf(evidence)],
    rig: plan.rig,
    control:
      control === null
        ? null
        : {
            expected: `${control.outcome} ${control.reason}`,
            met: control.outcome === verdict.outcome && control.reason === verdict.reason,
          },
    touches: touches(evidence),
    commands:
      interrupted === undefined
        ? []
        : [`gameday resume ${evidence.drill}`, `gameday abort ${evidence.drill}`],
    journal: journalPath,
  };
}

/** What `assert` found is shown from the stop that decided. */
function shown(evidence: Evidence): Evidence {
  if (decisiveCall(evidence) !== null) return judgedHits(evidence, judgeCase)[0]?.struck ?? evidence;
  if (evidence.plan.scenario.inject.fault !== 'found') return evidence;
  return judgedStops(evidence, judgeCase)[0]?.struck ?? evidence;
}

function injectionOf(evidence: Evidence, verdict: Verdict): DrillResult['injection'] {
  if (evidence.strike === null) return 'none';
  // An interrupted drill has no findings yet, but what was written may prove it all the same.
  const findings = verdict.findings.length > 0 ? verdict.findings : judgeCase(evidence).findings;
  const proven = ['landed', 'in-flight'].every((check) =>
    findings.some((finding) => finding.check === check && ['yes', 'unasked'].includes(finding.holds)),
  );
  return proven ? 'proven' : 'not proven';
}

/** What left this machine so far, for a person who interrupts a drill. */
export function whatWasSent(evidence: Evidence): string {
  const created = eventsOf(evidence.journal, 'GD_BUILD_INTENDED').length > 0;
  const build = evidence.buildId === null ? null : evidence.last('build', evidence.buildId)?.value;
  const parts = [
    build != null
      ? `build ${String(build.number)} is ${build.rawState} (${build.url})`
      : created
        ? 'a build may have been created'
        : 'no build was created',
    evidence.strike === null ? 'no task was stopped' : `StopTask was sent for ${evidence.strike.taskArn}`,
  ];
  return parts.join('; ');
}

function attemptLines(evidence: Evidence): AttemptLine[] {
  return attemptsOf(evidence)
    .filter((attempt) => attempt.role !== 'elsewhere' || attempt.loss !== null)
    .map((attempt) => {
      const agent =
        attempt.job.agentId === null ? null : (evidence.last('agent', attempt.job.agentId)?.value ?? null);
      return {
        jobId: attempt.job.id,
        step: attempt.job.stepKey,
        attempt: attempt.number,
        judged: isJudged(attempt),
        state: attempt.job.rawState,
        passed: attempt.job.passed,
        exitStatus: attempt.job.exitStatus,
        lost: attempt.loss !== null,
        agent: agent?.name ?? attempt.job.agentId,
        taskArn: agent === null ? null : taskOf(evidence, agent),
      };
    });
}

/** What the drill touches, or in a dry run would touch. */
function touches(evidence: Evidence): string[] {
  const { scenario, organization, region } = evidence.plan;
  const { build, cluster, inject } = scenario;
  const where = [
    cluster.service === null ? null : `service ${cluster.service}`,
    cluster.family === null ? null : `family ${cluster.family}`,
    cluster.taskTag === null ? null : `tasks tagged ${cluster.taskTag.key}=${cluster.taskTag.value}`,
  ].filter((part) => part !== null);
  const started =
    build.number === null
      ? `buildCreate: a new build of ${organization}/${build.pipeline} on ${build.branch} at ${build.commit}`
      : `build ${organization}/${build.pipeline}/${String(build.number)}, which is running already`;
  if (inject.fault === 'none' || inject.fault === 'found') return [started];
  return [
    started,
    `StopTask: one task of ${where.join(' or ')} in cluster ${cluster.name} (${region}), the one that hosts step ${scenario.when.step}`,
  ];
}
