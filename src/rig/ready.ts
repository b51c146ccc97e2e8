import { RigFailure } from './failure.ts';
import type { EcsRig } from './ecs/rig.ts';
import type { RigLog } from './log.ts';

/** Workers that end again and again will not come up in the time that is left. */
const enoughFailures = 3;

/**
 * Waits until every service has its tasks RUNNING, as far as there is room for them, and as many agents are connected as were started. Agents that stay
 * away are the file's own affair, unless a container ended: then the rig says what it wrote.
 */
export async function waitUntilReady(
  ecs: EcsRig,
  log: RigLog,
  patienceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!signal.aborted) {
    const connected = log.events.filter((event) => event.event === 'agent-connected').length;
    if (tasksRun(ecs) && connected >= ecs.expectedAgents()) return;
    if (Date.now() > deadline || failuresOf(log) >= enoughFailures) break;
    await nextEvent(log, Math.min(250, deadline - Date.now() + 1));
  }
  const ended = log.events.some((event) => event.event === 'container-stopped');
  if (!ended || signal.aborted) return;
  const tail = ecs.outputTail().replaceAll(/\s+/g, ' ').slice(-1500);
  throw new RigFailure(
    'rig-failed',
    `the workers end by themselves; they wrote: ${tail === '' ? 'nothing' : tail}`,
  );
}

/** How many containers ended by themselves before anybody injected. */
function failuresOf(log: RigLog): number {
  return log.events.filter(({ event, exitCode }) => event === 'container-stopped' && exitCode !== 0).length;
}

function tasksRun(ecs: EcsRig): boolean {
  const { tasks, services } = ecs.state;
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
  const alive = tasks.filter((task) => task.desiredStatus === 'RUNNING');
  const served = [...services.values()].every(
    (service) =>
      service.lacksRoom ||
      running.filter((task) => task.seed.serviceName === service.name).length >= service.desiredCount,
  );
  return served && alive.every((task) => task.lastStatus === 'RUNNING' || task.waitsForCapacity);
}

function nextEvent(log: RigLog, atMostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(done, atMostMs);
    const stopListening = log.onEvent(done);
  });
}
