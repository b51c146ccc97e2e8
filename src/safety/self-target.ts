import { TASK_ARN_TAG } from '../model/entities/agent.ts';
import { faultOf } from '../faults/list.ts';
import { isHostOf } from '../model/entities/host.ts';
import { listFacts, findFact, type World } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** Never what gameday itself runs on: task, agent, job, build, and the build that triggered ours. Cannot be turned off. */
export const selfTarget: Guard = {
  name: 'self-target',
  rule: 'The target is not the task, agent, job or build that gameday runs on, nor the build that triggered it.',
  reason: 'self-target',
  judge(state) {
    const { world, plan, target, buildIds } = state;
    const self = findFact(world, 'self', 'self');
    if (self === undefined) return refuses('what gameday runs on could not be determined');
    if (self.unresolved !== null)
      return refuses(`what gameday runs on could not be resolved: ${self.unresolved}`);
    const own = self.agentId === null ? null : findFact(world, 'agent', self.agentId);
    if (self.agentId !== null && own == null) return refuses('our own Buildkite agent could not be read');
    const ownTasks = [self.taskArn, own?.tags[TASK_ARN_TAG] ?? null].filter((arn) => arn !== null);
    const builds = [self.buildId, self.triggeringBuildId].filter((id) => id !== null);
    const named = listFacts(world, 'build').filter((one) => one.number === plan.scenario.build.number);
    const ours = buildIds.length > 0 ? buildIds : named.slice(0, 1).map(({ id }) => id);
    if (ours.some((id) => builds.includes(id)))
      return refuses('the build is the one that gameday runs in, or that triggered it');
    const reach = target === null ? [] : (faultOf(plan)?.reach(state) ?? []);
    const held = reach.find((arn) => ownTasks.includes(arn));
    if (held !== undefined) return refuses(`the fault reaches ${held}, which gameday runs on`);
    const living = reach.find((arn) => hasAgentOnTask(world, arn, self.agentId));
    if (living !== undefined) return refuses(`the fault reaches ${living}, on which our own agent lives`);
    if (target === null)
      return holds(
        ownTasks.length === 0 && builds.length === 0
          ? 'gameday runs outside ECS and Buildkite'
          : 'no target yet',
      );
    if (ownTasks.includes(target.taskArn)) return refuses('the task is the one that gameday runs on');
    if (target.agentId === self.agentId) return refuses('the agent is the one that gameday runs on');
    const names = findFact(world, 'task', target.taskArn)?.hostnames ?? [];
    if (hasAgentOnTask(world, target.taskArn, self.agentId) || isHostOf(own?.hostname ?? null, names))
      return refuses('our own agent lives on the task');
    if (target.jobId !== null && target.jobId === self.jobId)
      return refuses('the job is the one that gameday runs in');
    return holds('the target is not what gameday runs on');
  },
};

/** Whether an agent is listed under a task. */
function hasAgentOnTask(world: World, taskArn: string, agentId: string | null): boolean {
  return agentId !== null && findFact(world, 'agents-of-task', taskArn)?.agents.includes(agentId) === true;
}
