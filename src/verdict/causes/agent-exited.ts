import { AGENT_LOG, type Cause } from './cause.ts';
import { sayEndSinceStop, readAgentExitCode } from './grounds.ts';

const OTHERS: ReadonlySet<number> = new Set([0, 124, 137, 143]);

/** The agent's container ended by itself with a code of an error (exit codes of the agent: 0 drained, 1 gave up). */
export const agentExited: Cause = {
  name: 'agent-exited',
  means: "The agent's container ended by itself with the exit code of an error.",
  explains: 'how the container ended',
  judge(grounds) {
    const { agent } = grounds;
    const code = readAgentExitCode(grounds);
    if (agent === null || code === null || OTHERS.has(code)) return null;
    const meaning =
      code === 1 ? ': the agent does so when it gave up waiting for its job or could not go on' : '';
    return {
      weight: 'possible',
      said: `the agent's container exited ${String(code)} by itself${sayEndSinceStop(grounds)}${meaning}`,
      events: [agent.task.seq],
      saves: 'an agent that exits 0: the last lines of the container log say why this one did not',
      experiment: AGENT_LOG,
    };
  },
};
