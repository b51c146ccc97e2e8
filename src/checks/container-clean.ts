import { agentLeft, type Agent } from '../model/entities/agent.ts';
import type { Sighting } from '../evidence/evidence.ts';
import { jobEnded } from '../model/entities/job.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { agentContainer, type AgentContainer } from '../evidence/agent-container.ts';
import { excusesContainer } from './handover.ts';
import { after as afterStop, seconds } from './times.ts';
import { diedOfMemory } from './undisturbed.ts';

function after(agent: AgentContainer): string {
  if (agent.lasted === null) return '';
  return `, ${agent.end === null ? 'at most ' : ''}${afterStop(agent.lasted, 'the stop')}`;
}

/** Exit code 143 after the job's end and the disconnect: a wrapper ended a clean drain that way (verdict rule 10). */
function wrapperAfterDrain(about: Case, left: Sighting<Agent> | null): boolean {
  const struck = about.attempts.find((attempt) => attempt.role === 'struck');
  const isIdle = about.evidence.target?.jobId === null;
  const jobOver = struck !== undefined && jobEnded(struck.job) && struck.loss === null;
  return (isIdle || jobOver) && left !== null && agentLeft(left.value) && left.value.lostAt === null;
}

function killed(agent: AgentContainer, code: number, events: readonly number[]): Answered {
  const limit = seconds(agent.stopTimeout);
  if (code === 137 && agent.atTimeout) {
    const memory = /^OutOfMemory/.test(agent.container?.reason ?? '');
    return no(
      'not-drained',
      `its container exited 137 (SIGKILL)${after(agent)}, at its stopTimeout of ${limit}: the agent did not get the signal, or its drain took too long`,
      events,
      memory ? ['ECS names OutOfMemoryError, but the end lies at the stop time-out'] : [],
    );
  }
  if (code === 143)
    return no(
      'not-drained',
      `its container exited 143${after(agent)}: a wrapper died of SIGTERM and took the agent with it`,
      events,
    );
  return no('not-drained', `its container exited ${String(code)}${after(agent)}; expected 0`, events);
}

function judge(about: Case): Answered {
  const { evidence } = about;
  const agent = agentContainer(evidence);
  if (agent === null) return unknown('the struck task was never read');
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
  if (code === 0) return yes(`its container exited 0${after(agent)}`, [task.seq]);
  if (excusesContainer(about))
    return yes(
      `its container exited ${String(code)} at its stopTimeout; excused by the handover`,
      [task.seq],
      [
        'the agent did not get the signal, or its drain took too long: the handover excuses that, but there was no drain',
      ],
    );
  const left = evidence.target === null ? null : evidence.last('agent', evidence.target.agentId);
  if (code === 143 && wrapperAfterDrain(about, left))
    return yes(
      `its container exited 143${after(agent)}, after ${about.evidence.target?.jobId === null ? '' : "the job's end and "}the disconnect`,
      [task.seq, left?.seq ?? task.seq],
      ['trap wrapper: a shell passed the signal on and exited 143 itself at the end of the drain'],
    );
  if (code === 143 && left !== null && !agentLeft(left.value) && evidence.watchEnded === null)
    return unknown('its container exited 143; whether the agent had disconnected before is not known yet', [
      task.seq,
      left.seq,
    ]);
  return killed(agent, code, [task.seq]);
}

export const containerClean: Check = {
  name: 'container-clean',
  asks: "Did the agent's container exit cleanly?",
  needed: true,
  judge(about) {
    if (about.evidence.strike === null) return unasked('nothing was injected');
    const agent = agentContainer(about.evidence);
    if (agent !== null && diedOfMemory(agent))
      return unknown('its container was killed for lack of memory before its stop time-out', [
        agent.task.seq,
      ]);
    return judge(about);
  },
};
