import type { Case } from '../../checks/check.ts';
import { findAgentContainer, workerOf, type AgentContainer } from '../../evidence/agent-container.ts';
import { isGreen } from '../../checks/no-job-lost.ts';
import { describeOffset } from '../../checks/times.ts';
import { hasAgentLeft, type Agent } from '../../model/entities/agent.ts';
import { hasJobEnded } from '../../model/entities/job.ts';
import { isJudged, hasTrulyPassed, type Attempt } from '../../evidence/attempts.ts';
import { byBuildkite, byEcs, byRunner, clocksOf, type Stamp } from '../../evidence/clocks.ts';
import type { Sighting } from '../../evidence/evidence.ts';
import { stopOf } from '../../evidence/stop.ts';
import type { Reason } from '../../model/reasons.ts';
import { UNREAD_START, type Between } from '../../worker/agent-start.ts';
import { lookAtDefinition, type Foreseen, type Look } from './foreseen.ts';

/** The input of every cause. */
export interface Grounds extends Case {
  readonly reason: Reason;
  /** The attempt that the verdict is about: the lost or broken one, else the stopped one; null where there is no job. */
  readonly hurt: Attempt | null;
  /** The agent's container; null where the target task was never seen. */
  readonly agent: AgentContainer | null;
  /** The target agent at its last sighting. */
  readonly worker: Sighting<Agent> | null;
  /** When ECS began to stop the task, else when we asked; null if nothing was stopped. */
  readonly stop: Stamp | null;
  /** The latest time at which the agent's container can have exited; null if that is not known. */
  readonly end: Stamp | null;
  /** How the agent is started, as preflight reads it; null where the definition was not read. */
  readonly look: Look;
}

export function groundsOf(about: Case, reason: Reason): Grounds {
  const { evidence, attempts } = about;
  const agent = findAgentContainer(evidence);
  const task = agent?.task.value ?? null;
  const worker = evidence.target === null ? null : evidence.last('agent', evidence.target.agentId);
  return {
    ...{ evidence, attempts, reason, agent, worker },
    hurt: hurtOf(about),
    stop: stopOf(evidence) ?? (task?.stoppingAt == null ? null : byEcs(task.stoppingAt)),
    end: agent?.endedBy ?? null,
    look: lookAtDefinition(evidence),
  };
}

/** The worst attempt: lost with a build that is not green, else lost, else failed. */
function hurtOf(about: Case): Attempt | null {
  const { evidence, attempts } = about;
  // Where no stop is shown there is no target attempt: every one of the build's jobs counts.
  const counts = evidence.target === null ? attempts : attempts.filter((one) => isJudged(one) || isCut(one));
  const lost = counts.filter(({ loss }) => loss !== null);
  return (
    lost.find((attempt) => !isGreen(about, attempt)) ??
    lost[0] ??
    counts.find(({ job }) => hasJobEnded(job) && !hasTrulyPassed(job)) ??
    attempts.find(({ role }) => role === 'target') ??
    null
  );
}

/** A job that the worker took after the stop and did not finish. */
function isCut({ role, loss, job }: Attempt): boolean {
  return role === 'late' && (loss !== null || (hasJobEnded(job) && !job.passed));
}

/** What the container starts between ECS and the agent. */
export function findWayToAgent({ evidence }: Pick<Grounds, 'evidence'>): Between {
  return workerOf(evidence)?.start.between ?? UNREAD_START;
}

/** The first finding of one of these rules, or null. */
export function findForeseen({ look }: Grounds, ...rules: readonly string[]): Foreseen | null {
  for (const rule of rules) {
    const found = look.foreseen.find((one) => one.rule === rule);
    if (found !== undefined) return found;
  }
  return null;
}

/** Milliseconds from one instant to another, also between clocks; negative if the second came first. */
export function measureElapsed({ evidence }: Pick<Grounds, 'evidence'>, from: Stamp, to: Stamp): number {
  // JSON has no -0: adding 0 makes it 0.
  return Math.round(clocksOf(evidence).distance(from, to).ms) + 0;
}

/** ` 4.2 s after the stop`, with the space before it; empty where nothing is known of the clocks, or of the instant. */
export function saySinceStop({ evidence, stop }: Grounds, at: Stamp | null): string {
  if (stop === null || at === null) return '';
  const { ms, error } = clocksOf(evidence).distance(stop, at);
  return Number.isFinite(error) ? ` ${describeOffset(ms, 'the stop')}` : '';
}

/** The same for the end of the agent's container; `at most` if ECS shows no time for that container alone. */
export function sayEndSinceStop(grounds: Grounds): string {
  const said = saySinceStop(grounds, grounds.end);
  return said === '' || grounds.agent?.end != null ? said : ` at most${said}`;
}

/** Exit code of the agent's container; null where ECS shows none. */
export function readAgentExitCode({ agent }: Grounds): number | null {
  return agent?.container?.exitCode ?? null;
}

/** When Buildkite lost the agent of the hurt attempt; null if it did not, or shows no time. */
export function findLostAt({ evidence, hurt }: Grounds): Stamp | null {
  if (hurt === null) return null;
  const event = (hurt.job.events ?? []).find(({ type }) => type === 'AGENT_LOST')?.at ?? null;
  const agent = hurt.job.agentId === null ? null : evidence.last('agent', hurt.job.agentId)?.value;
  const at = event ?? (hurt.loss === null ? null : (agent?.lostAt ?? null));
  return at === null ? null : byBuildkite(at);
}

/** Whether Buildkite lost the agent while its container still ran: then a kill was not the cause. */
export function isLostAlive(grounds: Grounds): boolean {
  const { agent, evidence, hurt } = grounds;
  const lost = findLostAt(grounds);
  if (agent === null || lost === null || hurt === null) return false;
  const { order } = clocksOf(evidence);
  // ECS does not show which of several essential containers ended when.
  if (agent.end !== null) return order(lost, agent.end) === 'before';
  const name = agent.definition?.name ?? agent.container?.name;
  const look = evidence.firstLook(
    'task',
    agent.task.value.arn,
    ({ containers }) => containers.some((one) => one.name === name && one.status === 'RUNNING'),
    undefined,
    ({ seq, sentAt }) => order(lost, byRunner(evidence, sentAt, seq)) === 'before',
  );
  return look !== undefined;
}

/** Whether the agent had left, by its own disconnect. */
export function hasLeft({ worker }: Grounds): boolean {
  return worker !== null && hasAgentLeft(worker.value) && worker.value.lostAt === null;
}
