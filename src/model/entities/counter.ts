import { z } from 'zod';

const Calls = z.int().nonnegative();

/** The calls that a sidecar has counted since it started. What was begun and is neither finished nor cut is in flight. */
export const Counter = z
  .strictObject({
    begun: Calls,
    /** Answered to the end. */
    finished: Calls,
    /** Given up by the sidecar while they were in flight. */
    cut: Calls,
  })
  .refine(({ begun, finished, cut }) => finished + cut <= begun, {
    error: 'more calls are finished or cut than were begun',
  });
export type Counter = z.infer<typeof Counter>;
