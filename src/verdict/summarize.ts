import { measureDrainTime } from '../checks/drain-time.ts';
import { workerOf } from '../evidence/agent-container.ts';
import { faultOf } from '../faults/list.ts';
import { nameCall } from '../model/call.ts';
import { isHeldBack } from '../model/answer.ts';
import { errorsOf } from '../model/entities/preflight.ts';
import { isAllSuspended, listRivals, type Scaling } from '../model/entities/scaling.ts';
import { traitsOf, type Plan } from '../scenario/plan.ts';
import { formatStep } from '../model/step-name.ts';
import { stepOf } from '../scenario/when.ts';
import { taskOf } from '../evidence/agents.ts';
import { attemptsOf, isJudged } from '../evidence/attempts.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import type { JournalIndex } from '../evidence/journal-index.ts';
import { HeardProof, InFlightProof, type DrillEvent, type Verdict } from '../journal/events.ts';
import { judgeStops, type Judged } from './case.ts';
import { fleetOf } from './scheduled.ts';
import { findSetting } from './find-setting.ts';
import { injectionOf } from './injection.ts';
import { findExperiment } from '../evidence/experiment.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import { judgeDrill, verdictOfReason } from './judge.ts';
import { describeRun } from './command.ts';
import { commandsOf } from './left.ts';
import type { CheckName } from '../model/names.ts';
import { exitCodeOf } from '../model/reasons.ts';
import { controlOf } from './control.ts';
import type { AttemptLine, DrillResult } from './result.ts';
import { listSidecarLines } from './sidecars.ts';
import { measureSpent } from './spent.ts';
import { summarizeTimes } from './timeline.ts';
import { listBuildLines } from './builds.ts';

/** What a drill came to: its verdict and everything that a stranger needs to follow it. `judgedAgain` puts today's checks in place of the stored verdict. */
export function summarizeDrill(
  journal: JournalIndex | readonly DrillEvent[],
  journalPath: string | null,
  judgedAgain: Verdict | null = null,
): DrillResult {
  const whole = evidenceOf(journal);
  const stops = judgeStops(whole);
  const evidence = chooseShownEvidence(whole, stops);
  const { plan } = evidence;
  const { events, lastEvent } = whole;
  const interrupted = lastEvent.code === 'GD_INTERRUPTED' ? lastEvent : undefined;
  const verdict =
    judgedAgain ??
    (interrupted === undefined
      ? (events('GD_JUDGED').at(-1)?.payload.verdict ?? judgeDrill(whole, stops))
      : verdictOfReason('interrupted', `${interrupted.payload.signal}: ${describeCallsSent(evidence)}`));
  const build = evidence.buildId === null ? null : evidence.last('build', evidence.buildId)?.value;
  const agent = evidence.target === null ? null : evidence.last('agent', evidence.target.agentId)?.value;
  const drain = evidence.injection === null ? null : measureDrainTime(evidence);
  const control = plan.mode === 'assert' ? null : plan.scenario.control;
  const injection = injectionOf(evidence, verdict, stops);
  const budget = measureSpent(whole);
  return {
    version: 1,
    drill: evidence.drill,
    file: plan.file,
    title: plan.scenario.title,
    ...findSetting(whole, budget),
    label: plan.label,
    outcome: verdict.outcome,
    reason: verdict.reason,
    exitCode: exitCodeOf(verdict.outcome, interrupted?.payload.signal),
    said: verdict.said,
    cause: verdict.cause,
    next:
      interrupted !== undefined && plan.embeddedRig
        ? 'Run it again: its rig ended with the runner, so resume and abort only judge what the journal has.'
        : verdict.next,
    notes: [...verdict.notes, ...listDrillNotes(whole), ...listPreflightErrors(evidence)],
    injection,
    proof: proofOf(verdict.findings),
    fault: plan.mode === 'assert' ? 'found' : plan.scenario.inject.fault,
    build: build == null ? null : { number: build.number, url: build.url, state: build.rawState },
    builds: listBuildLines(evidence, stops),
    target: evidence.target,
    agent: agent == null ? null : { name: agent.name, version: agent.version },
    attempts: listAttemptLines(evidence),
    drain: drain === null ? null : { ms: drain.ms, atMost: drain.atMost, by: drain.by },
    stopWindow: windowOf(evidence),
    sidecars: listSidecarLines(evidence),
    fleet: fleetOf(whole, stops),
    ...describeExperimentRun(whole),
    command: describeRun(whole),
    budget,
    guards: events('GD_GUARDS_ANSWERED').at(-1)?.payload.answers ?? [],
    findings: verdict.findings,
    ...summarizeTimes(evidence),
    rig: plan.rig,
    control: control === null ? null : controlOf(control, { ...verdict, injection }),
    touches: listTouched(evidence),
    commands:
      interrupted === undefined
        ? [
            ...commandsOf(whole),
            ...(verdict.reason === 'aws-denied' ? [`gameday iam --check ${evidence.drill}`] : []),
          ]
        : [`gameday drills resume ${evidence.drill}`, `gameday drills abort ${evidence.drill}`],
    journal: journalPath,
  };
}

/** How long the target's stop can take at most, whether or not it was stopped. */
function windowOf(evidence: Evidence): DrillResult['stopWindow'] {
  const stop = workerOf(evidence)?.stop;
  if (stop === undefined) return null;
  const { signalled, killed } = stop.agent;
  return { ...stop, agent: { signalled, killed }, chain: [...stop.chain], cut: [...stop.cut] };
}

/** Notes beyond the checks: what the fault is equivalent to, and what was not undone. */
function listDrillNotes({ events, plan }: Evidence): string[] {
  const left = events('GD_SETTLED').at(-1)?.payload.left ?? [];
  const equivalent = traitsOf(plan)?.equivalent ?? null;
  return [
    ...(equivalent === null ? [] : [`${equivalent.name}: ${equivalent.said}`]),
    ...left.map((one) => `left as it is: ${one}`),
  ];
}

/** The errors that preflight found before the drill. */
function listPreflightErrors(evidence: Evidence): string[] {
  const looked = evidence.last('preflight', 'preflight')?.value;
  return looked === undefined ? [] : errorsOf(looked).map((error) => `preflight error ${error}`);
}

/** Where several stops are judged, the drill is shown from the one that decided. */
function chooseShownEvidence(whole: Evidence, stops: readonly Judged[]): Evidence {
  return stops[0]?.stopped ?? whole;
}

function proofOf(findings: Verdict['findings']): DrillResult['proof'] {
  const by = (check: CheckName) => findings.find((one) => one.check === check && one.holds === 'yes')?.proof;
  return {
    inFlight: InFlightProof.safeParse(by('in-flight')).data ?? null,
    heard: HeardProof.safeParse(by('agent-left')).data ?? null,
  };
}

/** What the drill has sent so far, for a person who interrupts it. */
export function describeCallsSent(evidence: Evidence): string {
  const { events } = evidence;
  const intended = events('GD_BUILD_INTENDED').at(-1)?.seq ?? 0;
  const builds = evidence.buildIds.map((id) => evidence.last('build', id)?.value);
  const known = builds.filter((build) => build !== undefined);
  const pending = intended > (events('GD_BUILD_KNOWN').at(-1)?.seq ?? 0);
  const parts = [
    ...known.map((build) => `build ${String(build.number)} is ${build.rawState} (${build.url})`),
    ...(intended === 0 && known.length === 0 ? ['no build was created'] : []),
    ...(pending ? [`${known.length === 0 ? 'a' : 'one more'} build may have been created`] : []),
    ...describeInjectionsSent(evidence),
    ...describeUndone(evidence),
  ];
  return parts.join('; ');
}

function describeInjectionsSent({ events, injection }: Evidence): readonly string[] {
  if (injection?.by === 'stop-task') return [`StopTask was sent for ${injection.taskArn}`];
  const held = events('GD_FAULT_SENT').filter(({ payload }) => isHeldBack(payload));
  const attempts = held.map(({ payload }) => payload.attempt);
  const sent = events('GD_FAULT_INTENDED')
    .filter(({ payload }) => !attempts.includes(payload.attempt))
    .filter(({ payload }) => payload.call.kind !== 'mark-service')
    .map(({ payload }) => nameCall(payload.call));
  if (sent.length === 0) return ['no task was stopped'];
  return [...new Set(sent)].map((words) => `sent: ${words}`);
}

/** What a signal put back before the drill ended. */
function describeUndone({ events }: Evidence): readonly string[] {
  const intents = events('GD_UNDO_INTENDED');
  return events('GD_UNDO_SENT').flatMap(({ seq, payload }) => {
    const call = intents.findLast((intent) => intent.seq < seq)?.payload.call;
    if (call === undefined || payload.result !== 'ok') return [];
    return [`undone by ${nameCall(call)}`];
  });
}

function listAttemptLines(evidence: Evidence): AttemptLine[] {
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
function listTouched(evidence: Evidence): string[] {
  const { plan, last } = evidence;
  const { organization, region } = plan;
  const { build, cluster } = plan.scenario;
  if (build.number !== null)
    return [
      `build ${organization}/${build.pipeline}/${String(build.number)}, which is running already`,
      ...listFaultChanges(evidence),
    ];
  if (plan.mode === 'assert') return [];
  if (build.pipeline === '')
    return [
      `no build: a worker without a job in cluster ${cluster.name} (${region})`,
      ...listFaultChanges(evidence),
    ];
  const { branch, commit } = plan.scenario.build;
  const known = last('pipeline', build.pipeline)?.value.branch;
  const own =
    known === undefined ? "the pipeline's default branch" : `${known}, the pipeline's default branch,`;
  const sayBranch = branch ?? own;
  const builds = build.count === 1 ? 'a new build' : `${String(build.count)} new builds`;
  return [
    `buildCreate: ${builds} of ${organization}/${build.pipeline} on ${sayBranch} at ${commit}${plan.scenario.build.follow === 'triggered' ? ', and the builds that its trigger steps start' : ''}${plan.traceparent === undefined ? '' : ', with TRACEPARENT in its environment'}`,
    ...listFaultChanges(evidence),
  ];
}

/** What the fault would change. */
function listFaultChanges({ plan, last }: Evidence): readonly string[] {
  const fault = faultOf(plan);
  if (fault === null || plan.mode === 'assert') return [];
  const { cluster, when } = plan.scenario;
  const tasks = [
    cluster.service === null ? null : `service ${cluster.service}`,
    cluster.family === null ? null : `family ${cluster.family}`,
    cluster.taskTag === null ? null : `tasks tagged ${cluster.taskTag.key}=${cluster.taskTag.value}`,
  ].filter((part) => part !== null);
  const step = stepOf(when);
  const host = `the one that hosts ${step === null ? 'a step of the build' : `step ${formatStep(step)}`}`;
  return [
    ...fault.touches(
      `${tasks.join(' or ')} in cluster ${cluster.name} (${plan.region})`,
      when.trigger === 'agent-idle' ? 'one without a job' : host,
      plan.scenario.inject,
      last('service', cluster.service ?? '')?.value.running ?? null,
    ),
    ...listScalingNews(
      plan,
      last('scaling', cluster.service ?? '')?.value,
      last('service', cluster.service ?? '')?.value.desired ?? 0,
    ),
  ];
}

/** What of automatic scaling works against the fault, or is as it would make it already. */
function listScalingNews(
  { scenario }: Plan,
  scaling: Scaling | undefined,
  desired: number,
): readonly string[] {
  if (scaling === undefined || !('inject' in scenario) || scenario.inject.fault !== 'scale-in') return [];
  if (scaling.unknown !== null)
    return [`what else changes the desired count could not be read: ${scaling.unknown}`];
  if (scenario.inject.autoscaling !== 'suspend') return listRivals(scaling, desired - 1);
  if (scaling.target === null)
    return ['the service is not registered with Application Auto Scaling: nothing is suspended'];
  return isAllSuspended(scaling.target.suspended)
    ? ['its automatic scaling is suspended already: it is left so']
    : [];
}

/** The experiment of a fault that AWS FIS carried out. */
function describeExperimentRun(evidence: Evidence): Pick<DrillResult, 'experiment'> {
  const call = findDecisiveCall(evidence)?.call;
  if (call?.kind !== 'start-experiment') return {};
  const { id = null, status = null, reason = null } = findExperiment(evidence)?.value ?? {};
  return { experiment: { template: call.template, id, status, reason } };
}
