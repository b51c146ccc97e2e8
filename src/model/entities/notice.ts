import { z } from 'zod';
import { OutcomeName, Reason } from '../reason-schemas.ts';

/** Whom a drill tells. The host alone: the address of a hook is a secret, or holds one. */
export const Destination = z.strictObject({ kind: z.enum(['webhook', 'slack']), host: z.string() });
export type Destination = z.infer<typeof Destination>;

/** An address of a hook, with the key of its signatures; never written down. */
export interface Hook extends Destination {
  readonly url: string;
  readonly secret: string | null;
}

/** What happened to a notice at one destination. */
export const Told = z.strictObject({
  to: Destination,
  result: z.enum(['told', 'not-told']),
  /** How often it was sent. */
  tries: z.number().int(),
  /** Why nobody is known to have got it; null where somebody did. */
  said: z.string().nullable(),
});
export type Told = z.infer<typeof Told>;

const Common = {
  /** The same for every try, so that a receiver can tell that it has the notice already. */
  id: z.string(),
  drill: z.string(),
  title: z.string(),
  file: z.string(),
  /** `rig` where everything is a stand-in, else null. */
  label: z.string().nullable(),
  region: z.string(),
  cluster: z.string(),
  service: z.string().nullable(),
  fault: z.string(),
  build: z.strictObject({ number: z.number().int(), url: z.string() }).nullable(),
  /** ARN of the task that is stopped; null where there is none. */
  task: z.string().nullable(),
};

/** Told right after the consent: what is about to be done. The guards are asked once more after it. */
export const InjectionNotice = z.strictObject({
  about: z.literal('injection'),
  ...Common,
  consent: z.enum(['yes', 'beforehand', 'rig']),
  /** What the person was shown: the calls, where, and the jobs that run there. */
  calls: z.array(z.string()),
});

/** Told when the drill has its verdict. */
export const EndNotice = z.strictObject({
  about: z.literal('end'),
  ...Common,
  outcome: OutcomeName,
  reason: Reason,
  exitCode: z.number().int(),
  said: z.string(),
  /** The surest cause of a failure; null where there is none. */
  cause: z.string().nullable(),
  next: z.string(),
});

/** What people are told of a drill. */
export const Notice = z.discriminatedUnion('about', [InjectionNotice, EndNotice]);
export type Notice = z.infer<typeof Notice>;

/** Who tells: where gameday runs. */
export const Sender = z.strictObject({
  gameday: z.string(),
  user: z.string(),
  host: z.string(),
  /** The Buildkite job that runs gameday; null outside of one. */
  job: z.string().nullable(),
});
export type Sender = z.infer<typeof Sender>;
