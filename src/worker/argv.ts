import type { ContainerDefinition } from '../model/entities/task.ts';
import type { ImageConfig } from '../model/image-config.ts';

/** The image `buildkite/agent` starts so: its script ends in `exec tini -- ... buildkite-agent "$@"` (packaging/docker of buildkite/agent). */
export const OFFICIAL_IMAGE = { entryPoint: ['buildkite-agent-entrypoint'], command: ['start'] } as const;

/** Whether an image is Buildkite's own, from Docker Hub or a mirror that keeps its name. */
export function isOfficialImage(image: string | null): boolean {
  return image !== null && /(?:^|\/)buildkite\/agent(?:[:@]|$)/.test(image);
}

/** The words that a container is started with, and whether they are all known; else the image says more. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly known: boolean;
}

/**
 * A definition's entry point replaces the image's and drops the image's command; its command replaces the image's command
 * alone (Docker's merge of a container's and an image's configuration).
 */
export function commandLineOf(
  { entryPoint, command, image }: ContainerDefinition,
  imageConfig: ImageConfig | null,
): CommandLine {
  if (entryPoint.length > 0) return { words: [...entryPoint, ...command], known: true };
  const ofImage = imageConfig ?? (isOfficialImage(image) ? OFFICIAL_IMAGE : null);
  if (ofImage === null) return { words: command, known: false };
  return {
    words: [...ofImage.entryPoint, ...(command.length > 0 ? command : ofImage.command)],
    known: true,
  };
}
