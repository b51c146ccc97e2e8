import { z } from 'zod';
import { StepName } from '../model/step-name.ts';
import { duration } from './duration.ts';
import { orElse, orNull } from './stored.ts';

/** What every trigger has. */
const PATIENCE = {
  startWithin: duration({ min: 1000 }).prefault('10m').describe('How long to wait for the trigger to fire.'),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .prefault(1)
    .describe('How often a new target may be chosen if the target was gone before the stop was sent.'),
};
const STEP = StepName.describe(
  'The step whose job must be in flight: its key, a glob of keys (`test-*`), or `{ label: ... }`.',
);
const USUALLY = orNull(duration({ min: 1000 })).describe(
  'How long the step runs; by default the median of its passed jobs in Buildkite.',
);

/** When to inject, and thereby into which target. */
export const When = z
  .discriminatedUnion('trigger', [
    z.strictObject({
      trigger: orElse(z.literal('step-in-flight'), z.literal('step-in-flight'), 'step-in-flight').describe(
        'A job of the step is in flight. The default.',
      ),
      step: STEP,
      inFlightFor: duration().prefault('0s').describe('How long the job must have been in flight.'),
      ...PATIENCE,
    }),
    z.strictObject({
      trigger: z.literal('agent-idle').describe('A worker has no job.'),
      idleFor: duration().prefault('0s').describe('How long the worker must have been without a job.'),
      ...PATIENCE,
    }),
    z.strictObject({
      trigger: z.literal('near-end').describe('A job of the step is near its usual end.'),
      step: STEP,
      usually: USUALLY,
      left: duration({ min: 1 }).describe('How much of the usual time is left at the injection.'),
      ...PATIENCE,
    }),
    z.strictObject({
      trigger: z.literal('at-fraction').describe('A job of the step has a fraction of its usual time left.'),
      step: STEP,
      usually: USUALLY,
      fractionLeft: z
        .number()
        .gt(0)
        .lt(1)
        .describe('How much of the usual time is left at the injection, as a fraction of it.'),
      ...PATIENCE,
    }),
    z.strictObject({
      trigger: z
        .literal('fleet-busy')
        .describe('At least `busy` workers of the service have a job, one of them a job of the drill.'),
      busy: z.int().min(1).max(1000).describe('How many workers of the service or family must have a job.'),
      step: orNull(StepName).describe(
        'The step of one of the jobs, as for the other triggers; by default any step of the build.',
      ),
      ...PATIENCE,
    }),
  ])
  .describe('When to inject, and thereby into which job.');
export type When = z.output<typeof When>;

/** Whether there is a trigger of this name. */
export function isTrigger(name: string): name is When['trigger'] {
  return When.options.some(({ shape }) => shape.trigger._zod.values.has(name as never));
}

/** The step that the trigger waits for; null where it names none. */
export function stepOf(when: When): StepName | null {
  return when.trigger === 'agent-idle' ? null : when.step;
}
