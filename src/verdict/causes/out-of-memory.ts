import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { exitCode, foreseenBy } from './grounds.ts';

/** ECS names `OutOfMemoryError` on the container; at stopTimeout, SIGKILL was on its way in any case. */
export const outOfMemory: Cause = {
  name: 'out-of-memory',
  means: 'ECS names OutOfMemoryError.',
  judge(grounds) {
    const { agent } = grounds;
    const said = agent?.container?.reason ?? '';
    if (agent === null || exitCode(grounds) === 0 || !/^OutOfMemory/.test(said)) return null;
    const rule = foreseenBy(grounds, 'memory-tight');
    const saves =
      rule === null ? 'more memory for the task, or a step that needs less' : (rule.change ?? rule.todo);
    const after = agent.lasted === null ? '' : ` ${seconds(agent.lasted)} after the stop`;
    const late = agent.atTimeout;
    return {
      weight: late ? 'possible' : 'proven',
      said: late
        ? `memory may have run out: ECS names ${said}, but the container ended at its stopTimeout, when SIGKILL was due anyhow`
        : `memory ran out: the container died${after}, and ECS names ${said}`,
      events: [agent.task.seq],
      saves,
      experiment: late
        ? 'run the drill with twice the memory: it fails the same way if memory is not why'
        : null,
    };
  },
};
