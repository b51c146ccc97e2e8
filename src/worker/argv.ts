import type { ContainerDefinition } from '../model/entities/task.ts';
import type { KnownImage } from './image-config.ts';

/** The start of the image `buildkite/agent`: its script ends in `exec tini -- ... buildkite-agent "$@"`. */
export const OFFICIAL_IMAGE = { entryPoint: ['buildkite-agent-entrypoint'], command: ['start'] } as const;

/** Whether an image is Buildkite's own, from Docker Hub or a mirror that keeps its name. */
export function isOfficialImage(image: string | null): boolean {
  return image !== null && /(?:^|\/)buildkite\/agent(?:[:@]|$)/.test(image);
}

/** A part of the words, and the document that holds it; `name`: no document, the image is known by its name. */
export interface Part {
  readonly words: readonly string[];
  readonly from: 'definition' | 'image' | 'name';
}

/** The words that start a container, and whether they are complete; if not, the image adds more. */
export interface CommandLine {
  readonly entry: Part | null;
  readonly command: Part | null;
  readonly words: readonly string[];
  readonly isKnown: boolean;
}

/**
 * A definition's entry point replaces that of the image and drops the image's command; a definition's command replaces only
 * the image's command (Docker's merge of both configurations). An empty list overrides nothing.
 */
export function commandLineOf(
  { entryPoint, command, image }: ContainerDefinition,
  imageConfig: KnownImage | null,
): CommandLine {
  const own = makePart(command, 'definition');
  if (entryPoint.length > 0) return joinParts(makePart(entryPoint, 'definition'), own, true);
  if (imageConfig !== null)
    return joinParts(
      makePart(imageConfig.entryPoint ?? [], 'image'),
      own ?? makePart(imageConfig.command, 'image'),
      imageConfig.entryPoint !== null,
    );
  if (!isOfficialImage(image)) return joinParts(null, own, false);
  return joinParts(
    makePart(OFFICIAL_IMAGE.entryPoint, 'name'),
    own ?? makePart(OFFICIAL_IMAGE.command, 'name'),
    true,
  );
}

function makePart(words: readonly string[], from: Part['from']): Part | null {
  return words.length === 0 ? null : { words, from };
}

function joinParts(entry: Part | null, command: Part | null, isKnown: boolean): CommandLine {
  return { entry, command, isKnown, words: [...(entry?.words ?? []), ...(command?.words ?? [])] };
}
