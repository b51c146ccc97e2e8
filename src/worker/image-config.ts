import { z } from 'zod';
import { isSecretName } from '../model/secret-looks.ts';

/** The start of a container in its image's configuration (`docker image inspect`). */
export const ImageConfig = z.strictObject({
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  /** Only variables that are settings of the agent. */
  environment: z.record(z.string(), z.string()),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

/** What is known of an image's start; an entry point of null is that of its base image, which is not known. */
export interface KnownImage extends Omit<ImageConfig, 'entryPoint'> {
  readonly entryPoint: readonly string[] | null;
}

const Texts = z.array(z.string()).nullish();
const Config = z
  .object({ Entrypoint: Texts, Cmd: Texts, Env: Texts })
  .refine((config) => Object.values(config).some((value) => value !== undefined));

/** Only settings of the agent: every other variable of an image may be a secret. */
const OF_AGENT = /^BUILDKITE_[A-Z_]+$/;

/** Reads the output of `docker image inspect IMAGE`, or only its configuration; null for anything else. */
export function imageConfigIn(document: unknown): ImageConfig | null {
  const image: unknown = Array.isArray(document) ? document[0] : document;
  const config = Config.safeParse(unwrapImage(image));
  if (!config.success) return null;
  const { Entrypoint, Cmd, Env } = config.data;
  return {
    entryPoint: Entrypoint ?? [],
    command: Cmd ?? [],
    environment: Object.fromEntries(
      (Env ?? []).map(splitVariable).filter(([name]) => OF_AGENT.test(name) && !isSecretName(name)),
    ),
  };
}

function unwrapImage(image: unknown): unknown {
  if (typeof image !== 'object' || image === null) return image;
  if ('Config' in image) return image.Config;
  return 'config' in image ? image.config : image;
}

function splitVariable(variable: string): readonly [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}
