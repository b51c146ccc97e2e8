import { z } from 'zod';

/** What an image's configuration says of how its container starts (`docker image inspect`). */
export const ImageConfig = z.strictObject({
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  /** The agent's own settings alone: other variables are nobody's business here. */
  environment: z.record(z.string(), z.string()),
});
export type ImageConfig = z.infer<typeof ImageConfig>;
