import type { ContainerDefinition } from '../../src/model/entities/task.ts';
import type { ImageConfig } from '../../src/worker/image-config.ts';
import { readStart } from '../../src/worker/agent-start.ts';
import {
  readLeavingFlags,
  readSettings,
  type AgentSettings,
  type LeavingFlags,
} from '../../src/worker/settings.ts';

/** What the agent of this container is told. */
export function settingsOf(definition: ContainerDefinition, image: ImageConfig | null): AgentSettings {
  return readSettings(readStart(definition, image), definition.environment, image?.environment ?? {});
}

/** What makes the agent of this container leave by itself. */
export function leavingFlagsOf(definition: ContainerDefinition, image: ImageConfig | null): LeavingFlags {
  return readLeavingFlags(settingsOf(definition, image));
}
