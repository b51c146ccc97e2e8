import { hasAgentLeft, type Agent } from '../model/entities/agent.ts';
import type { Sighting } from '../evidence/evidence.ts';
import { describeLongLag } from '../evidence/signal-lag.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { findAgentContainer, type AgentContainer } from '../evidence/agent-container.ts';
import { isContainerExcused } from './handover.ts';
import { describeOffset as afterStop, seconds } from './times.ts';
import { hasDiedOfMemory } from './undisturbed.ts';

function describeAfterStop(agent: AgentContainer): string {
  if (agent.lasted === null) return '';
  return `, ${agent.end === null ? 'at most ' : ''}${afterStop(agent.lasted, 'the stop')}`;
}

/** Exit code 143 after the job's end and the disconnect: a wrapper ended a clean drain that way (verdict rule 10). */
function isWrapperAfterDrain(about: Case, left: Sighting<Agent> | null): boolean {
  const stopped = about.attempts.find((attempt) => attempt.role === 'target');
  const isIdle = about.evidence.target?.jobId === null;
  const jobOver = stopped !== undefined && hasJobEnded(stopped.job) && stopped.loss === null;
  return (isIdle || jobOver) && left !== null && hasAgentLeft(left.value) && left.value.lostAt === null;
}

function judgeKilledContainer({ evidence }: Case, agent: AgentContainer, code: number): Answered {
  const events = [agent.task.seq];
  const limit = seconds(agent.stopTimeout);
  if (code === 137 && agent.atTimeout) {
    const memory = /^OutOfMemory/.test(agent.container?.reason ?? '');
    return no(
      'not-drained',
      `its container exited 137 (SIGKILL)${describeAfterStop(agent)}, at its stopTimeout of ${limit}: the agent did not get the signal, or its drain took too long${describeLongLag(evidence)}`,
      events,
      memory ? ['ECS names OutOfMemoryError, but the end lies at the stop time-out'] : [],
    );
  }
  if (code === 143)
    return no(
      'not-drained',
      `its container exited 143${describeAfterStop(agent)}: a wrapper died of SIGTERM and took the agent with it`,
      events,
    );
  return no(
    'not-drained',
    `its container exited ${String(code)}${describeAfterStop(agent)}; expected 0`,
    events,
  );
}

function judge(about: Case): Answered {
  const { evidence } = about;
  const agent = findAgentContainer(evidence);
  if (agent === null) return unknown('the target task was never read');
  const { container, task } = agent;
  if (container === null)
    return unknown('the task shows no container of the agent', [task.seq], 'evidence-missing');
  const code = container.exitCode;
  const ended =
    task.value.status === 'STOPPED' || task.value.status === 'DELETED' || container.status === 'STOPPED';
  if (code === null && !ended)
    return unknown(`its container was ${container.status} when it was last read`, [task.seq]);
  if (code === null)
    return unknown('its container ended, and ECS shows no exit code', [task.seq], 'evidence-missing');
  if (code === 0) return yes(`its container exited 0${describeAfterStop(agent)}`, [task.seq]);
  if (isContainerExcused(about))
    return yes(
      `its container exited ${String(code)} at its stopTimeout; excused by the handover`,
      [task.seq],
      [
        'the agent did not get the signal, or its drain took too long: the handover excuses that, but there was no drain',
      ],
    );
  const left = evidence.target === null ? null : evidence.last('agent', evidence.target.agentId);
  if (code === 143 && isWrapperAfterDrain(about, left))
    return yes(
      `its container exited 143${describeAfterStop(agent)}, after ${about.evidence.target?.jobId === null ? '' : "the job's end and "}the disconnect`,
      [task.seq, left?.seq ?? task.seq],
      ['trap wrapper: a shell passed the signal on and exited 143 itself at the end of the drain'],
    );
  if (code === 143 && left !== null && !hasAgentLeft(left.value) && evidence.watchEnded === null)
    return unknown('its container exited 143; whether the agent had disconnected before is not known yet', [
      task.seq,
      left.seq,
    ]);
  return judgeKilledContainer(about, agent, code);
}

export const containerClean: Check = {
  name: 'container-clean',
  asks: "Did the agent's container exit cleanly?",
  needed: true,
  judge(about) {
    if (about.evidence.injection === null) return unasked('nothing was injected');
    const agent = findAgentContainer(about.evidence);
    if (agent !== null && hasDiedOfMemory(agent))
      return unknown('its container was killed for lack of memory before its stop time-out', [
        agent.task.seq,
      ]);
    return judge(about);
  },
};
