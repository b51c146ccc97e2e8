import { hasAgentLeft } from '../model/entities/agent.ts';
import { isJobHeld } from '../model/entities/job.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** The task hosts one agent, and every job there can be read, unless the scenario allows a shared task. */
export const sharedTask: Guard = {
  name: 'shared-task',
  rule: 'The task hosts one agent, whose jobs can be seen (or cluster.sharedTask: allowed).',
  reason: 'shared-task',
  judge({ world, plan, target }) {
    if (target === null) return holds('no target yet');
    const listed = findFact(world, 'agents-of-task', target.taskArn);
    if (listed === undefined) return refuses('the agents of the task could not be listed');
    if (plan.scenario.cluster.sharedTask === 'allowed')
      return holds(`${String(listed.agents.length)} agents; the scenario allows it`);
    if (!listed.complete) return refuses('the list of the agents on the task is incomplete');
    const others = listed.agents.filter((id) => {
      const agent = findFact(world, 'agent', id);
      return id !== target.agentId && (agent === undefined || !hasAgentLeft(agent));
    });
    if (others.length > 0) return refuses(`${String(others.length + 1)} agents run on the task; limit 1`);
    if (!listed.agents.includes(target.agentId)) return refuses('the agent is not listed under its own task');
    const own = findFact(world, 'agent', target.agentId);
    const visible = (own?.jobs ?? [])
      .map((id) => findFact(world, 'job', id))
      .filter((job) => job !== undefined && isJobHeld(job));
    if (own?.isRunningJob === true && visible.length === 0)
      return refuses('the agent runs a job that cannot be read');
    return holds('one agent, and its job can be read');
  },
};
