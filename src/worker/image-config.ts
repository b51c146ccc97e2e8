import { z } from 'zod';
import type { ImageConfig } from '../model/plan.ts';
import { isSecretName } from '../model/secret-looks.ts';

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
