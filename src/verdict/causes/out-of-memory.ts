import { hasDiedOfMemory, findKilledJob, hasMemoryReason } from '../../checks/undisturbed.ts';
import type { Cause, Said } from './cause.ts';
import { sayEndSinceStop, findForeseen, type Grounds } from './grounds.ts';

const TWICE = 'run the drill with twice the memory: it fails the same way if memory is not the cause';

/** ECS names `OutOfMemoryError`. The mark may be old, so it explains only a SIGKILL clearly before stopTimeout (verdict rule 17). */
export const outOfMemory: Cause = {
  name: 'out-of-memory',
  means: 'The container, or the job in it, was killed before stopTimeout, and ECS names OutOfMemoryError.',
  explains: 'how the container ended',
  judge(grounds) {
    return judgeContainerMemory(grounds) ?? judgeJobMemory(grounds);
  },
};

function judgeContainerMemory(grounds: Grounds): Said | null {
  const { agent } = grounds;
  if (agent === null || !hasDiedOfMemory(agent)) return null;
  return {
    weight: agent.lasted === null ? 'likely' : 'proven',
    said: `memory ran out: the container was killed (137)${sayEndSinceStop(grounds)}, before its stopTimeout, and ECS names ${agent.container?.reason ?? ''}`,
    events: [agent.task.seq],
    saves: savesOf(grounds),
    experiment: TWICE,
  };
}

/** The container went on, but one of its processes was killed; ECS marks that too. */
function judgeJobMemory(grounds: Grounds): Said | null {
  const { agent, attempts } = grounds;
  const killed = agent !== null && hasMemoryReason(agent) ? findKilledJob(attempts) : undefined;
  if (agent === null || killed === undefined) return null;
  return {
    weight: 'likely',
    said: `memory ran out: job ${killed.job.id} was killed (exit status ${killed.job.exitStatus ?? 'none'}), and ECS names ${agent.container?.reason ?? ''}`,
    events: [agent.task.seq, killed.seen.seq],
    saves: savesOf(grounds),
    experiment: TWICE,
  };
}

function savesOf(grounds: Grounds): string {
  const rule = findForeseen(grounds, 'memory-tight');
  return rule === null ? 'more memory for the task, or a step that needs less' : (rule.change ?? rule.todo);
}
