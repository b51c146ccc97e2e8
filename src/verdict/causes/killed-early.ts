import { launchOfTask } from '../../worker/launch.ts';
import { hasDiedOfMemory } from '../../checks/undisturbed.ts';
import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { sayEndSinceStop, readAgentExitCode, isLostAlive } from './grounds.ts';

/** SIGKILL came before ECS was due to send it, and nothing shows who sent it. */
export const killedEarly: Cause = {
  name: 'killed-early',
  means: 'SIGKILL came before stopTimeout, and nothing shows who sent it.',
  explains: 'how the container ended',
  judge(grounds) {
    const { agent } = grounds;
    if (agent === null || readAgentExitCode(grounds) !== 137 || agent.atTimeout || isLostAlive(grounds))
      return null;
    if (hasDiedOfMemory(agent)) return null;
    const isDefault = agent.definition?.stopTimeout == null;
    const host =
      isDefault && launchOfTask(agent.task.value, false).kind !== 'fargate'
        ? "; without a stopTimeout the host's own ECS_CONTAINER_STOP_TIMEOUT counts, which may be shorter"
        : '';
    const when =
      grounds.stop === null
        ? ' and nothing had stopped it'
        : `${sayEndSinceStop(grounds)}, before its stopTimeout of ${seconds(agent.stopTimeout)}`;
    return {
      weight: 'possible',
      said: `the container was killed (137)${when}: something other than ECS sent SIGKILL, or memory ran out and ECS does not say so${host}`,
      events: [agent.task.seq],
      saves: isDefault
        ? 'a `stopTimeout` in the definition, and enough memory'
        : 'enough memory, and nothing on the host that kills containers',
      experiment:
        'run the drill with twice the memory and a `stopTimeout` in the definition: if the container is killed at the same moment again, the cause is on the host',
    };
  },
};
