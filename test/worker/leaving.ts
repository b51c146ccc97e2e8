import type { ContainerDefinition } from '../../src/model/entities/task.ts';
import type { ImageConfig } from '../../src/worker/image-config.ts';
import { readStart } from '../../src/worker/agent-start.ts';
import { leavingFlags, readSettings, type LeavingFlags } from '../../src/worker/settings.ts';

/** What makes the agent of this container leave by itself. */
export function leavingFlagsOf(definition: ContainerDefinition, image: ImageConfig | null): LeavingFlags {
  const start = readStart(definition, image);
  return leavingFlags(readSettings(start, definition.environment, image?.environment ?? {}));
}
