import { TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { isHostOf } from '../model/entities/host.ts';
import type { BuildkiteInstant } from '../model/instants.ts';
import { byBuildkite, byEcs, clocksOf } from './clocks.ts';
import type { Evidence } from './evidence.ts';

/**
 * UUIDs of every agent that ever carried the target task's ARN, that was started again in its container without the tag, or,
 * where the scenario maps by host name, lived on its host; the target's own first.
 */
export function listTargetAgents(evidence: Evidence): readonly string[] {
  const arn = evidence.injection?.taskArn ?? evidence.target?.taskArn;
  if (arn === undefined) return [];
  const seen = evidence.every('agent');
  const tagged = seen.filter(({ value }) => value.tags[TASK_ARN_TAG] === arn);
  const there = seen.filter(
    ({ value }) => isOnTaskHost(evidence, arn, value) || isRestarted(evidence, arn, value),
  );
  const listed = evidence
    .values('agents-of-task', arn)
    .flatMap(({ agents }) => agents)
    .filter((id) => !isLaterAgent(evidence, arn, evidence.last('agent', id)?.value));
  const own = evidence.target === null ? [] : [evidence.target.agentId];
  return [...new Set([...own, ...listed, ...[...tagged, ...there].map(({ id }) => id)])];
}

/** An agent without a tag that was once seen under a host name of the task, and came after the task was made. */
function isOnTaskHost(evidence: Evidence, arn: string, agent: Agent): boolean {
  if (evidence.plan.scenario.cluster.mapping !== 'hostname') return false;
  const { tags, connectedAt, hostname } = agent;
  if (tags[TASK_ARN_TAG] !== undefined || connectedAt === null || isLaterAgent(evidence, arn, agent))
    return false;
  return evidence
    .values('task', arn)
    .some(
      ({ hostnames, createdAt }) =>
        isHostOf(hostname, hostnames) &&
        createdAt !== null &&
        clocksOf(evidence).order(byBuildkite(connectedAt), byEcs(createdAt)) !== 'before',
    );
}

/** An agent without a tag, under the host name of the target's agent, which is one of this task alone: the same container started it. */
function isRestarted(evidence: Evidence, arn: string, agent: Agent): boolean {
  const { target } = evidence;
  if (target === null || agent.id === target.agentId || agent.tags[TASK_ARN_TAG] !== undefined) return false;
  const own = evidence.last('agent', target.agentId)?.value;
  const names = evidence.last('task', arn)?.value.hostnames ?? [];
  if (own === undefined || own.connectedAt === null || agent.connectedAt === null) return false;
  if (hasConnectedAfterEnd(evidence, arn, agent.connectedAt)) return false;
  return (
    isHostOf(agent.hostname, names) && isHostOf(own.hostname, names) && agent.connectedAt > own.connectedAt
  );
}

/** Once a task has ended, none of its containers starts an agent. */
function hasConnectedAfterEnd(evidence: Evidence, arn: string, connectedAt: BuildkiteInstant): boolean {
  const stoppedAt = evidence.last('task', arn)?.value.stoppedAt ?? null;
  if (stoppedAt === null) return false;
  return clocksOf(evidence).orderAsMeasured(byEcs(stoppedAt), byBuildkite(connectedAt)) === 'before';
}

/** Whether an agent is proven to live on another task than the stopped one: by its tag, or by its host where agents are mapped so. */
export function isOnAnotherTask(evidence: Evidence, agentId: string | null): boolean {
  const arn = evidence.injection?.taskArn ?? evidence.target?.taskArn;
  const agent = agentId === null ? undefined : evidence.last('agent', agentId)?.value;
  if (arn === undefined || agent === undefined) return false;
  const tag = agent.tags[TASK_ARN_TAG];
  if (tag !== undefined) return tag !== arn;
  const names = evidence.last('task', arn)?.value.hostnames ?? [];
  const byHost = evidence.plan.scenario.cluster.mapping === 'hostname';
  return byHost && names.length > 0 && agent.hostname !== null && !isHostOf(agent.hostname, names);
}

/** Once a task has ended its address may be another's: who connects later lives elsewhere. */
function isLaterAgent(evidence: Evidence, arn: string, agent: Agent | undefined): boolean {
  if (evidence.plan.scenario.cluster.mapping !== 'hostname' || agent === undefined) return false;
  if (agent.tags[TASK_ARN_TAG] === arn || agent.connectedAt === null) return false;
  return hasConnectedAfterEnd(evidence, arn, agent.connectedAt);
}

/** The task on which an agent is known to live: its tag's, else the stopped one where it is among its agents. */
export function taskOf(evidence: Evidence, agent: Agent): string | null {
  const tag = agent.tags[TASK_ARN_TAG];
  if (tag !== undefined) return tag;
  const stopped = evidence.injection?.taskArn ?? evidence.target?.taskArn ?? null;
  return listTargetAgents(evidence).includes(agent.id) ? stopped : null;
}
