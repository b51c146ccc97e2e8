import { hasAgentLeft as hasLeft, type Agent } from '../model/entities/agent.ts';
import { findAgentContainer } from '../evidence/agent-container.ts';
import { byBuildkite, clocksOf } from '../evidence/clocks.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import { no, unasked, unknown, type Answered, type Case, type Check } from './check.ts';
import { isExcused } from './handover.ts';
import { judgeHeardStop } from './heard.ts';
import { formatClockTime } from './times.ts';

/**
 * The user who stopped the agent by hand; null where nobody did. A stop that came after the agent's container had exited with
 * a failure explains nothing (verdict rule 17).
 */
export function findManualStopper(evidence: Evidence, agent: Agent): string | null {
  const told = [
    { who: agent.stoppedGracefullyBy, at: agent.stoppedGracefullyAt },
    { who: agent.stopForcedBy, at: agent.stopForcedAt },
  ].find(({ who }) => who !== null);
  if (told === undefined) return null;
  const container = findAgentContainer(evidence);
  const dead = (container?.container?.exitCode ?? 0) !== 0 ? (container?.endedBy ?? null) : null;
  if (dead === null || told.at === null) return told.who;
  return clocksOf(evidence).orderAsMeasured(dead, byBuildkite(told.at)) === 'before' ? null : told.who;
}

function judgeNotLeft(about: Case, seen: Sighting<Agent>): Answered {
  const { evidence } = about;
  const container = findAgentContainer(evidence);
  const clean = container?.container?.exitCode === 0;
  if (seen.value.connection === 'lost' || seen.value.lostAt !== null) {
    if (!clean)
      return unknown(
        `the agent was marked lost at ${formatClockTime(seen.value.lostAt ?? seen.answeredAt)}`,
        [seen.seq],
      );
    return unknown(
      "its container exited 0, but Buildkite got no disconnect and marked the agent lost after its job's end",
      [seen.seq, container.task.seq],
      'disconnect-not-received',
    );
  }
  if (clean && evidence.watchEnded !== null)
    return unknown(
      `its container exited 0, but the agent still shows ${seen.value.rawConnection}`,
      [seen.seq],
      'disconnect-not-received',
    );
  return unknown(`the agent had not left when it was last read (${seen.value.rawConnection})`, [seen.seq]);
}

export const agentLeft: Check = {
  name: 'agent-left',
  asks: 'Did the agent hear the stop, and leave because of it?',
  needed: true,
  judge(about) {
    const { evidence, attempts } = about;
    if (evidence.injection === null || evidence.target === null) return unasked('nothing was injected');
    const seen = evidence.last('agent', evidence.target.agentId);
    if (seen === null) return unknown('the agent was never read');
    const user = findManualStopper(evidence, seen.value);
    if (user !== null) return no('stopped-by-other', `${user} stopped the agent by hand`, [seen.seq]);
    if (isExcused(about))
      return unasked('handed over: the attempt was lost or stopped, so no drain is expected');
    if (attempts.some((attempt) => attempt.role === 'target' && attempt.loss !== null))
      return unknown('the agent was lost together with its job', [seen.seq]);
    if (!hasLeft(seen.value) || seen.value.connection === 'lost' || seen.value.lostAt !== null)
      return judgeNotLeft(about, seen);
    return judgeHeardStop(about, seen);
  },
};
