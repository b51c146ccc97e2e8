import { byBuildkite } from '../../evidence/clocks.ts';
import { listTargetAgents } from '../../evidence/agents.ts';
import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { findWayToAgent, measureElapsed, readAgentExitCode, hasLeft } from './grounds.ts';

/** How long before SIGKILL the agent must have left, so that the two are not the same moment; milliseconds. */
const BEFORE = 5_000;

/** The agent drained and left, but its container ran on until SIGKILL: what had started the agent did not exit. */
export const wrapperStayed: Cause = {
  name: 'wrapper-stayed',
  means: 'The agent left, and its container ran on until SIGKILL.',
  explains: 'how the container ended',
  judge(grounds) {
    const { agent, worker, end, evidence, hurt } = grounds;
    const left = worker?.value.disconnectedAt ?? null;
    if (agent === null || worker === null || left === null || end === null || !hasLeft(grounds)) return null;
    if (
      readAgentExitCode(grounds) !== 137 ||
      !agent.atTimeout ||
      measureElapsed(grounds, byBuildkite(left), end) < BEFORE
    )
      return null;
    // An agent whose job was lost had not left for good.
    if (hurt?.loss != null) return null;
    // Another agent of the same container explains it better.
    if (listTargetAgents(evidence).length > 1) return null;
    const way = findWayToAgent(grounds);
    const who = way.by === 'nothing' ? 'something that the definition does not show' : `\`${way.name}\``;
    return {
      weight: 'likely',
      said: `the agent left ${seconds(measureElapsed(grounds, byBuildkite(left), end))} before its container was killed at stopTimeout (${seconds(agent.stopTimeout)}): ${who} stayed after it`,
      events: [worker.seq, agent.task.seq],
      saves:
        'let the agent be what the container starts: `"entryPoint": ["buildkite-agent","start"]`; the container then ends with it',
      experiment:
        'list the processes of a container whose agent has left (`docker top`, ECS Exec): what still runs there is the cause',
    };
  },
};
