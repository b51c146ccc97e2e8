import { z } from 'zod';
import { Instant } from './instants.ts';
import { CauseName } from './names.ts';

/** One cause, and how much evidence the journal has for it. */
export const RankedCause = z.strictObject({
  name: CauseName,
  /**
   * `proven`: no other cause of the list explains what was seen; `likely`: it explains what was seen, and what would exclude the others was not
   * to be seen; `possible`: nothing speaks against it.
   */
  weight: z.enum(['proven', 'likely', 'possible']),
  said: z.string(),
  /** Numbers of the events that it rests on. */
  events: z.array(z.number().int()),
  /** What would have saved this build: the exact change where there is one. */
  saves: z.string(),
  /** What would prove it; null where it is proven. */
  experiment: z.string().nullable(),
});
export type RankedCause = z.infer<typeof RankedCause>;

/** One of the moments that tell the causes apart. */
export const CauseMoment = z.strictObject({
  moment: z.enum(['stop requested', 'signal', 'job end', 'exit', 'lost']),
  at: Instant,
  /**
   * Milliseconds from the request to stop, as far as the clocks tell: what they cannot tell from it is 0, what lies clearly
   * before it is negative. Null where nothing was stopped.
   */
  after: z.number().int().nullable(),
  said: z.string(),
});
export type CauseMoment = z.infer<typeof CauseMoment>;

/** Why a drill failed, the surest cause first. */
export const Explanation = z.strictObject({
  /** Empty where the evidence speaks for none. A backstop that did not catch (`retry-missed`) stands last: it makes nothing fail. */
  ranked: z.array(RankedCause),
  /** Whether the evidence decides for the first. */
  decided: z.boolean(),
  /** The one experiment that would decide; null where it is decided. */
  experiment: z.string().nullable(),
  /** In the order of their times; what did not happen, or was not seen, is missing. */
  moments: z.array(CauseMoment),
});
export type Explanation = z.infer<typeof Explanation>;
