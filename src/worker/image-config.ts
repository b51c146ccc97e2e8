import { z } from 'zod';
import { isSecretName } from '../model/secret-looks.ts';

/** What an image's configuration says of how its container starts (`docker image inspect`). */
export const ImageConfig = z.strictObject({
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  /** The agent's own settings alone: other variables are nobody's business here. */
  environment: z.record(z.string(), z.string()),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

const Texts = z.array(z.string()).nullish();
const Config = z
  .object({ Entrypoint: Texts, Cmd: Texts, Env: Texts })
  .refine((config) => Object.values(config).some((value) => value !== undefined));

/** The agent's own settings; every other variable of an image may be a secret, and is left where it is. */
const OF_AGENT = /^BUILDKITE_[A-Z_]+$/;

/** Reads what `docker image inspect IMAGE` prints, or the configuration in it alone; null where it is neither. */
export function imageConfigIn(document: unknown): ImageConfig | null {
  const image: unknown = Array.isArray(document) ? document[0] : document;
  const config = Config.safeParse(inner(image));
  if (!config.success) return null;
  const { Entrypoint, Cmd, Env } = config.data;
  return {
    entryPoint: Entrypoint ?? [],
    command: Cmd ?? [],
    environment: Object.fromEntries(
      (Env ?? []).map(split).filter(([name]) => OF_AGENT.test(name) && !isSecretName(name)),
    ),
  };
}

function inner(image: unknown): unknown {
  if (typeof image !== 'object' || image === null) return image;
  if ('Config' in image) return image.Config;
  return 'config' in image ? image.config : image;
}

function split(variable: string): readonly [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}
