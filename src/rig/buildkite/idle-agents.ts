import { connectAgent, disconnectAgent, hearHeartbeat, isThere, registerAgent } from './agents.ts';
import type { Agent, World } from './model.ts';

/** So many heartbeats fall into the time after which a silent agent is given up. */
const HEARTBEATS_BEFORE_LOSS = 4;

/** Who registers. */
interface IdleWish {
  readonly tags: readonly string[];
  readonly hostname: string;
}

/** An agent without a process: it registered, is never given a job, and goes when it is told to. */
interface IdleAgent {
  leave(): void;
  /** Sends no heartbeat any more, so that it is lost after a while. */
  fallSilent(): void;
}

/** The agents of one rig that only register and idle. They send no requests: hundreds of them cost nothing. */
export interface IdleAgents {
  join(wish: IdleWish): IdleAgent;
  close(): void;
}

/** Keeps idle agents in the world, with one timer for the heartbeats of all. */
export function keepIdleAgents(world: World): IdleAgents {
  const alive = new Set<Agent>();
  const timer = setInterval(() => {
    for (const agent of alive) hearHeartbeat(world, agent);
  }, world.lostAfterMs / HEARTBEATS_BEFORE_LOSS);
  return {
    join: ({ tags, hostname }) => {
      const agent = registerAgent(world, {
        ...{ name: '', hostname, pid: '1', version: '0.0.0-idle', userAgent: 'gameday-rig/idle-agent' },
        ...{ tags, priority: null, ignoreInDispatches: true },
      });
      connectAgent(world, agent);
      alive.add(agent);
      return {
        leave: () => {
          alive.delete(agent);
          if (isThere(agent)) disconnectAgent(world, agent);
        },
        fallSilent: () => {
          alive.delete(agent);
        },
      };
    },
    close: () => {
      clearInterval(timer);
    },
  };
}
