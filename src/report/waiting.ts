import { findAgentContainer, type AgentContainer } from '../evidence/agent-container.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { describeStopTimeout, findKillTime, measureSince } from '../evidence/kill-time.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { hasBuildEnded } from '../model/entities/build.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { formatWholeSeconds, type Instant } from '../model/instants.ts';
import { formatStep, matchesStep } from '../model/step-name.ts';
import { findFact, listFacts } from '../model/world.ts';
import { findUsualTimeOfJob } from '../state/usual-time.ts';
import type { DrillState } from '../state/state.ts';

/** What people wait for at this instant, in words; a time that is not measured is called one. Empty where there is nothing to say. */
export function listWaits(state: DrillState, now: Instant): readonly string[] {
  switch (state.phase) {
    case 'building':
      return ['Buildkite is to create the build'];
    case 'armed':
      return state.held === null ? listWaitsForTrigger(state, now) : [`held: ${state.held.said}`];
    case 'injecting':
      return [`the injection began ${formatWholeSeconds(now - state.phaseSince)} ago; its effect is to show`];
    case 'observing':
      return listWaitsAfterStop(state, now);
    default:
      return [];
  }
}

function listWaitsForTrigger(state: DrillState, now: Instant): readonly string[] {
  const { plan } = state;
  const when = plan.mode === 'assert' ? null : plan.scenario.when;
  if (when === null) return [];
  if (when.trigger === 'agent-idle') return ['a worker is to be without a job'];
  if (when.trigger === 'fleet-busy') return [`${String(when.busy)} workers are to be busy`];
  const jobs = listFacts(state.world, 'job').filter(
    (job) => state.buildIds.includes(job.buildId) && matchesStep(when.step, job),
  );
  const [first] = jobs
    .filter((job) => job.state === 'running')
    .toSorted((a, b) => sinceOf(state, a, now) - sinceOf(state, b, now));
  if (first === undefined) return [`a job of step ${formatStep(when.step)} is to start`];
  const step = sayStep(state, first, now);
  const left = when.trigger === 'step-in-flight' ? when.inFlightFor - (now - sinceOf(state, first, now)) : 0;
  return left > 0 ? [`${step}; the injection comes in ${formatWholeSeconds(left)}`] : [step];
}

function listWaitsAfterStop(state: DrillState, now: Instant): readonly string[] {
  const { target, world, plan } = state;
  if (target === null) return [];
  const job = target.jobId === null ? undefined : findFact(world, 'job', target.jobId);
  const step = job === undefined || hasJobEnded(job) ? [] : [sayStep(state, job, now)];
  if (plan.mode !== 'inject' || plan.scenario.inject.fault === 'none') return step;
  const evidence = evidenceOf(state.index);
  const container = findAgentContainer(evidence);
  if (container === null) return step;
  if (!isGone(container)) return [sayKill(evidence, container, now), ...step].filter((said) => said !== null);
  const agent = findFact(world, 'agent', target.agentId);
  if (agent === undefined || !hasAgentLeft(agent)) return [sayGone(evidence, container, now)];
  const isOver = state.buildIds.every((id) => {
    const build = findFact(world, 'build', id);
    return build !== undefined && hasBuildEnded(build);
  });
  return isOver ? [] : ['the build is to end'];
}

function sinceOf({ inFlightSince }: DrillState, job: Job, now: Instant): Instant {
  return inFlightSince[job.id] ?? now;
}

/** How much time the step has left, where the scenario or its history says how long it usually runs; else how long it has run. */
function sayStep(state: DrillState, job: Job, now: Instant): string {
  const since = state.inFlightSince[job.id];
  if (since === undefined) return 'the step is to end';
  const ran = now - since;
  const usual = findUsualTimeOfJob(state, job);
  if (usual === null) return `the step has run for ${formatWholeSeconds(ran)}`;
  const source = `usually ${formatWholeSeconds(usual.ms)}, ${usual.by}`;
  return ran > usual.ms
    ? `the step runs about ${formatWholeSeconds(ran - usual.ms)} longer than usual (${source})`
    : `the step has about ${formatWholeSeconds(usual.ms - ran)} left (${source})`;
}

function isGone({ task, container }: AgentContainer): boolean {
  return hasTaskEnded(task.value) || container?.status === 'STOPPED' || container?.exitCode != null;
}

function sayKill(evidence: Evidence, { task }: AgentContainer, now: Instant): string | null {
  const kill = findKillTime(evidence, now);
  if (kill === null)
    return task.value.stoppingAt === null
      ? null
      : 'the container is being stopped; its stopTimeout was not read';
  const limit = describeStopTimeout(kill);
  if (kill.left > kill.granted)
    return `SIGTERM in about ${formatWholeSeconds(kill.left - kill.granted)}, after the containers that depend on the agent's; SIGKILL ${formatWholeSeconds(kill.granted)} later (${limit})`;
  if (kill.left > 0) return `SIGKILL in about ${formatWholeSeconds(kill.left)} (${limit})`;
  return `SIGKILL was due about ${formatWholeSeconds(-kill.left)} ago (${limit}); ECS does not show the container's end yet`;
}

function sayGone(evidence: Evidence, { container, endedBy }: AgentContainer, now: Instant): string {
  const code = container?.exitCode == null ? '' : ` (${String(container.exitCode)})`;
  const since = endedBy === null ? '' : ` for ${formatWholeSeconds(measureSince(evidence, endedBy, now))}`;
  return `container gone${code}${since}; ${sayGivenUp(evidence)}`;
}

/** Without heartbeats for three minutes an agent is lost, which is noticed within one more (https://buildkite.com/docs/agent/lifecycle). */
function sayGivenUp({ plan }: Evidence): string {
  const isRig = plan.label === 'rig' || plan.rig !== null;
  if (!isRig) return 'Buildkite gives a silent agent up after 3 to 4 min';
  return `the rig gives a silent agent up after ${formatWholeSeconds(plan.rig?.lostAfterMs ?? plan.lostAfter)}`;
}
