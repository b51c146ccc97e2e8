import { z } from 'zod';
import { duration } from './duration.ts';
import { FORMERLY, orNull } from './stored.ts';

/** How the counter of a sidecar is read. It must outlive its task. */
const Flushed = z.strictObject({
  url: z
    .string()
    .max(4096)
    .regex(/^https?:\/\/[^\s/@?#{}]+\/\S*$/, {
      error: 'an http or https address without credentials, with {task} in its path or query',
    })
    .optional()
    .describe('Address that answers the counter as JSON; `{task}` and `{container}` are filled in.'),
  command: z
    .array(z.string().max(4096))
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Command and arguments that print the counter as JSON, run without a shell in the folder where gameday runs; `{task}` and `{container}` are filled in.',
    ),
  stillFor: duration({ min: 100, max: 600_000 })
    .prefault('5s')
    .describe(
      'How long the counter must stand still, after the task has ended, before it counts: longer than it lags behind.',
    ),
});

/** What must hold. */
export const Expect = z.strictObject({
  build: z
    .enum(['passed', 'any'])
    .prefault('passed')
    .describe("How the build must end; `any`: only the target's job is judged."),
  drain: z
    .strictObject({
      within: orNull(duration({ min: 1 })).describe('Limit on the drain; without it any time is good.'),
    })
    .prefault({})
    .describe('What is expected of the drain.'),
  idle: z
    .strictObject({
      within: orNull(duration({ min: 1 })).describe(
        'Limit on the time that an idle worker takes to leave; without it any time is good.',
      ),
    })
    .prefault({})
    .describe('What is expected of an idle worker that leaves.'),
  touched: z
    .enum(['all', 'some'])
    .prefault('all')
    .describe(
      'Fault `command` only: how many of the builds that were started must have had their worker stopped by it in flight.',
    )
    .register(FORMERLY, { value: 'all' }),
  worker: z
    .enum(['drains', 'spared'])
    .prefault('drains')
    .describe(
      'What becomes of the worker: it is stopped and drains, or its scale-in protection has it left alone until its job is over (`spared`; faults scale-in and deployment).',
    )
    .register(FORMERLY, { value: 'drains' }),
  handover: z
    .enum(['forbidden', 'allowed'])
    .prefault('forbidden')
    .describe('Whether an automatic retry on another task may stand in for a drain.'),
  containers: z
    .record(
      z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, { error: 'the name of a container in the task definition' }),
      z.strictObject({
        exit: z.int().min(0).max(255).prefault(0).describe('Exit code that is expected of it.'),
        outlives: orNull(z.literal('agent')).describe("It must exit after the agent's container."),
        flushed: orNull(Flushed)
          .describe('It must have finished every call that it began, by its own counter.')
          .register(FORMERLY, { value: null }),
      }),
    )
    .prefault({})
    .describe('Other containers of the task that must exit cleanly: a gateway, a log router.'),
});
