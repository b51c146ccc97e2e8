import { z } from 'zod';

/** What is injected. */
export const Inject = z
  .discriminatedUnion('fault', [
    z.strictObject({ fault: z.literal('stop-task').describe('StopTask.') }),
    z.strictObject({
      fault: z.literal('scale-in').describe('A desired count that is smaller by one.'),
      steered: z
        .boolean()
        .prefault(true)
        .describe('Protect every other task, so that the scheduler takes the one that hosts the job.'),
    }),
    z.strictObject({
      fault: z.literal('deployment').describe('A new deployment, which replaces every task in turn.'),
    }),
    z.strictObject({ fault: z.literal('drain-instance').describe("The target's EC2 host is drained.") }),
    z.strictObject({
      fault: z
        .literal('spot-reclaim')
        .describe('The signal path of a spot reclaim: StopTask on Fargate, a drained host on EC2.'),
    }),
    z.strictObject({
      fault: z.literal('none').describe('A baseline: nothing is injected, and the build must pass.'),
    }),
  ])
  .describe('What is injected.');
