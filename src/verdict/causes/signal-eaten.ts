import { seconds } from '../../checks/times.ts';
import { IDLE_STRIKE, type Cause, type Said } from './cause.ts';
import {
  findWayToAgent,
  readAgentExitCode,
  findForeseen,
  hasLeft,
  isLostAlive,
  type Grounds,
} from './grounds.ts';
import { judgeHeard, isSilent, type Heard } from './heard.ts';
import type { Between } from '../../worker/agent-start.ts';

/** SIGTERM goes to PID 1 alone; a shell there has no handler and passes nothing on (pid_namespaces(7)). */
export const signalEaten: Cause = {
  name: 'signal-eaten',
  means: 'The agent never heard SIGTERM: what the container starts did not pass it on.',
  explains: 'how the container ended',
  judge(grounds) {
    if (grounds.evidence.injection === null || isLostAlive(grounds)) return null;
    const heard = judgeHeard(grounds);
    if (heard.heard === 'yes') return null;
    const way = findWayToAgent(grounds);
    if (heard.heard === 'no') return judgeUnheard(grounds, heard, way);
    const { agent } = grounds;
    if (agent !== null && readAgentExitCode(grounds) === 137 && agent.atTimeout)
      return judgeKilled(grounds, way);
    return judgeUnseenEnd(grounds, way);
  },
};

/** What took the signal, in words. */
function describeEater(way: Between): string {
  switch (way.by) {
    case 'shell':
      return `the container starts \`${way.name}\`, so the shell is PID 1 and did not pass the signal on`;
    case 'init-and-shell':
      return `between ECS and the agent stand ${way.name}, and the shell did not pass the signal on`;
    case 'nothing':
      return 'nothing in the task definition explains it: look for what the image puts before the agent, and for a shared pidMode';
    case 'unknown':
      return `the container starts ${way.name}, which did not pass the signal on`;
  }
}

function savesOf(grounds: Grounds): string {
  const rule = findForeseen(
    grounds,
    'shell-form',
    'init-with-shell',
    'pid-mode',
    'entry-point-bypasses-init',
  );
  const start = 'start the agent itself, in exec form: `"entryPoint": ["buildkite-agent","start"]`';
  return rule?.change ?? `${start}, or by the script's \`exec\``;
}

/** What the agent did shows that it did not hear the stop. If the definition starts the agent itself, that is only possible unless nothing else explains it. */
function judgeUnheard(grounds: Grounds, heard: Heard, way: Between): Said {
  const { agent } = grounds;
  return {
    weight: heard.sure ? 'proven' : isDirect(way) ? 'possible' : 'likely',
    said: `SIGTERM ${heard.sure || !isDirect(way) ? 'was' : 'may have been'} eaten: ${heard.said}; ${describeEater(way)}`,
    events: [grounds.evidence.injection?.sentSeq ?? null, ...heard.events, agent?.task.seq ?? null],
    saves: savesOf(grounds),
    experiment: IDLE_STRIKE,
  };
}

/** Killed while it had a job: what the definition starts decides how likely it is that the signal reached the agent. */
function judgeKilled(grounds: Grounds, way: Between): Said | null {
  const { agent } = grounds;
  if (agent === null || hasLeft(grounds)) return null;
  const silent = isSilent(grounds);
  if (isDirect(way) && !silent) return null;
  const sure = way.by === 'shell' && !way.mayPass;
  return {
    weight: sure ? 'likely' : 'possible',
    said: `SIGTERM ${sure ? 'was' : 'may have been'} eaten: ${sure ? describeEater(way) : describeDoubt(way)}${silent ? '; this agent reports the stops that it hears, and it reported none' : ''}; SIGKILL came at stopTimeout (${seconds(agent.stopTimeout)}), exit code 137`,
    events: [agent.task.seq, findForeseen(grounds, 'shell-form')?.event ?? null],
    saves: savesOf(grounds),
    experiment: IDLE_STRIKE,
  };
}

function isDirect(way: Between): boolean {
  return way.by === 'nothing' && way.sure;
}

function describeDoubt(way: Between): string {
  if (isDirect(way)) return 'the definition starts the agent itself, and nothing in it explains that';
  if (way.by === 'nothing')
    return "the definition leaves the image's entry point in its place, and what that does was not seen";
  if (way.by === 'unknown') return `whether ${way.name} passes it on was not seen`;
  return `${way.name} stands before the agent, and whether it passes the signal on was not seen`;
}

/** ECS shows no exit code, so only a shell in the definition speaks for this cause. */
function judgeUnseenEnd(grounds: Grounds, way: Between): Said | null {
  const isLost = grounds.hurt?.loss != null;
  if (!isLost || readAgentExitCode(grounds) !== null || way.by !== 'shell') return null;
  const rule = findForeseen(grounds, 'shell-form');
  return {
    weight: 'possible',
    said: `SIGTERM may have been eaten: the container starts \`${way.name}\`, so the shell is PID 1; how the container ended was not seen`,
    events: [rule?.event ?? null, grounds.hurt?.loss?.seq ?? null],
    saves: savesOf(grounds),
    experiment: IDLE_STRIKE,
  };
}
