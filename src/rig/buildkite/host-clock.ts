import { taskArnOf } from './model.ts';
import type { Agent, World } from './model.ts';

/** How far the clock of a new agent's host is ahead of the real time; agents of one task share its clock. */
export function hostClockOf(world: World, agent: Pick<Agent, 'tags' | 'uuid'>): number {
  const { hostClocks, knobs } = world;
  const host = taskArnOf(agent) ?? agent.uuid;
  const known = hostClocks.get(host);
  if (known !== undefined) return known;
  const offsets = knobs.hostClockOffsetsMs;
  const offsetMs = offsets[hostClocks.size % offsets.length] ?? 0;
  hostClocks.set(host, offsetMs);
  return offsetMs;
}

/** A time that an agent sent, as its host's clock would have had it (BK-46); undefined where none was sent. */
export function asHostSays(agent: Agent, sent: string | undefined): string | undefined {
  const at = Date.parse(sent ?? '');
  if (agent.hostClockMs === 0 || Number.isNaN(at)) return sent;
  return new Date(at + agent.hostClockMs).toISOString();
}
