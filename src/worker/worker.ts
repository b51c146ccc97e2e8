import type { ContainerDefinition } from '../model/entities/task.ts';
import type { KnownImage } from './image-config.ts';
import { readStart, type AgentStart } from './agent-start.ts';
import type { Launch } from './launch.ts';
import { readSettings, type AgentSettings } from './settings.ts';
import { measureStopWindow, type StopWindow } from './stop-window.ts';

/** What is known about a worker: its task definition, its agent's image configuration, and its launch type. */
export interface WorkerDocuments {
  readonly containers: readonly ContainerDefinition[];
  /** Name of the container that runs the agent. */
  readonly agent: string;
  readonly imageConfig: KnownImage | null;
  readonly launch: Launch;
}

/** A worker by its documents: one task with a Buildkite agent in it. */
export interface Worker {
  readonly containers: readonly ContainerDefinition[];
  readonly agent: ContainerDefinition;
  readonly launch: Launch;
  /** What the agent's container starts, and whether a stop signal reaches the agent. */
  readonly start: AgentStart;
  readonly settings: AgentSettings;
  /** In which order its containers are stopped, and how long that takes. */
  readonly stop: StopWindow;
}

/**
 * Reads a worker; the only place that does, so that all callers get the same answer. Each part is read on demand. Null
 * without the agent's container.
 */
export function readWorker({ containers, agent: name, imageConfig, launch }: WorkerDocuments): Worker | null {
  const agent = containers.find((one) => one.name === name);
  if (agent === undefined) return null;
  const start = readOnce(() => readStart(agent, imageConfig));
  const settings = readOnce(() => readSettings(start(), agent.environment, imageConfig?.environment ?? {}));
  const stop = readOnce(() => measureStopWindow(containers, name, launch));
  return {
    ...{ containers, agent, launch },
    get start() {
      return start();
    },
    get settings() {
      return settings();
    },
    get stop() {
      return stop();
    },
  };
}

function readOnce<T>(read: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => (known ??= { value: read() }).value;
}

/** Whether the host decides the agent's stop time-out, which no API shows: no stopTimeout, and not on Fargate. */
export function isHostsChoice({ agent, launch }: Worker): boolean {
  return agent.stopTimeout === null && launch.kind !== 'fargate';
}
