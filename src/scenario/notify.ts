import { z } from 'zod';
import { Destination, type Hook } from '../model/entities/notice.ts';
import { orNull } from './stored.ts';

const Address = z
  .string()
  .regex(/^https?:\/\/[^\s/@]+(?:\/\S*)?$/, { error: 'an http or https address without credentials' });

const HookFile = z.union([
  z.strictObject({
    webhook: z
      .strictObject({
        url: Address.describe('Where the notices are sent, as JSON.'),
        /** Shorter values could be guessed. */
        secret: orNull(z.string().min(16)).describe('Key of the signatures, 16 characters at least.'),
      })
      .describe('One who is told by a webhook; an entry has this or `slack`.'),
  }),
  z.strictObject({
    slack: z
      .strictObject({ url: Address.describe("Address of Slack's incoming webhook.") })
      .describe('One who is told in Slack.'),
  }),
]);

const HooksFile = z.array(HookFile).max(10);

/** Whom a drill tells: a file has addresses, which are secrets, and a drill knows the hosts alone. */
export const Notify = z.codec(HooksFile, z.array(Destination), {
  decode: (hooks) => hooks.map(hookOf).map(({ kind, host }) => ({ kind, host })),
  // Only read, never written back: a journal has no addresses.
  encode: () => [],
});

function hookOf(file: z.output<typeof HookFile>): Hook {
  if ('slack' in file) return makeHook('slack', file.slack.url, null);
  return makeHook('webhook', file.webhook.url, file.webhook.secret);
}

/** The hook with this address. */
export function makeHook(kind: Hook['kind'], url: string, secret: string | null): Hook {
  return { kind, host: URL.canParse(url) ? new URL(url).host : url, url, secret };
}

/** The hooks that a file names, with their addresses; empty where it names none or something else. */
export function hooksIn(value: unknown): readonly Hook[] {
  const parsed = HooksFile.safeParse(value);
  return parsed.success ? parsed.data.map(hookOf) : [];
}
