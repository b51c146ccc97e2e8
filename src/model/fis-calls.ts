import { z } from 'zod';

/** The calls that go to AWS Fault Injection Service. */
export const FIS_CALLS = [
  /** A template of FIS that interrupts one Spot instance, with the drill's tag. */
  z.strictObject({
    kind: z.literal('create-template'),
    drill: z.string(),
    ec2Arn: z.string(),
    role: z.string(),
  }),
  z.strictObject({
    kind: z.literal('start-experiment'),
    drill: z.string(),
    template: z.string(),
    does: z.enum(['interrupt-host', 'stop-tasks', 'drain-hosts']),
    /** ARN of the container instance that it takes, where it takes one; else null. */
    instance: z.string().nullable(),
  }),
  z.strictObject({ kind: z.literal('stop-experiment'), experiment: z.string() }),
  z.strictObject({ kind: z.literal('delete-template'), template: z.string() }),
] as const;
