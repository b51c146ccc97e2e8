import { z } from 'zod';
import { duration } from './duration.ts';
import { FORMERLY, orNull } from './stored.ts';

/** The id of an experiment template of FIS (API reference, ExperimentTemplate). */
const TemplateId = z.string().regex(/^EXT[A-Za-z0-9]{1,60}$/, 'an id such as EXT1a2B3c4D5e6F7g8H');

/** What is injected. */
export const Inject = z
  .discriminatedUnion('fault', [
    z.strictObject({ fault: z.literal('stop-task').describe('StopTask.') }),
    z.strictObject({
      fault: z.literal('scale-in').describe('The desired count of the service is lowered by one.'),
      steered: z
        .boolean()
        .prefault(true)
        .describe('Protect every other task, so that the scheduler stops the one that hosts the job.'),
      autoscaling: z
        .enum(['leave', 'suspend'])
        .optional()
        .describe(
          'What happens to Application Auto Scaling meanwhile: `leave` (the default) reads what it may do to the count, `suspend` suspends it before the count is lowered and puts the suspension back as it was.',
        ),
    }),
    z.strictObject({
      fault: z
        .literal('autoscale-in')
        .describe(
          'The minimum capacity of the service is lowered by one, so that its scaling policy scales in by itself.',
        ),
      steered: z
        .boolean()
        .prefault(true)
        .describe('Protect every other task, so that the scheduler stops the one that hosts the job.'),
    }),
    z.strictObject({
      fault: z.literal('deployment').describe('A new deployment, which replaces every task in turn.'),
    }),
    z.strictObject({
      fault: z
        .literal('command')
        .describe(
          'A command of your own, such as a deployment: whatever it makes the scheduler stop is judged.',
        ),
      command: orNull(z.array(z.string().max(4096)).min(1).max(100)).describe(
        'The command and its arguments, run without a shell in the folder where gameday runs; or leave it out and give it on the command line, behind `--`.',
      ),
      limit: duration({ min: 1000 }).describe(
        'How long the command may run; then it gets SIGTERM, and SIGKILL after it.',
      ),
    }),
    z.strictObject({ fault: z.literal('drain-instance').describe("The target's EC2 host is drained.") }),
    z.strictObject({
      fault: z
        .literal('spot-reclaim')
        .describe('The signal path of a spot reclaim: StopTask on Fargate, a drained host on EC2.'),
      through: z
        .enum(['ecs', 'fis'])
        .prefault('ecs')
        .describe(
          '`fis`: AWS Fault Injection Service interrupts the EC2 Spot instance of the target, which is then gone.',
        )
        .register(FORMERLY, { value: 'ecs' }),
      role: orNull(
        z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'the ARN of a role'),
      ).describe(
        'With `through: fis`: the role that FIS uses; a template is made for the drill, and deleted after it.',
      ),
      template: orNull(TemplateId).describe(
        'With `through: fis`: your own experiment template, which interrupts the host of the target and nothing else.',
      ),
    }),
    z.strictObject({
      fault: z
        .literal('fis')
        .describe('Your own experiment of AWS Fault Injection Service, which stops tasks or drains hosts.'),
      template: TemplateId.describe(
        'The experiment template; gameday starts it and neither changes nor deletes it.',
      ),
    }),
    z.strictObject({
      fault: z.literal('none').describe('A baseline: nothing is injected, and the build must pass.'),
    }),
  ])
  .describe('What is injected.');

export type FaultName = Exclude<z.output<typeof Inject>['fault'], 'none'>;

/** What holds of a fault wherever it is spoken of, before a drill and after it. */
export interface FaultTraits {
  /** Which tasks it stops: the target, one that the scheduler chooses among the service's, all on its host, all of the service, or any that it can reach. */
  readonly takes: 'target' | 'one-of-service' | 'host' | 'service' | 'any-in-reach';
  /** Whether it plays that the capacity is taken back: then spot's notice bounds how long a worker may take to leave. */
  readonly reclaims: boolean;
  /** What it stands for, where it only does the same as something that no API can do. */
  readonly equivalent: { readonly name: string; readonly said: string } | null;
}

export const FAULT_TRAITS = {
  'stop-task': { takes: 'target', reclaims: false, equivalent: null },
  'scale-in': { takes: 'one-of-service', reclaims: false, equivalent: null },
  'autoscale-in': { takes: 'one-of-service', reclaims: false, equivalent: null },
  deployment: { takes: 'service', reclaims: false, equivalent: null },
  command: { takes: 'service', reclaims: false, equivalent: null },
  'drain-instance': { takes: 'host', reclaims: false, equivalent: null },
  fis: { takes: 'any-in-reach', reclaims: false, equivalent: null },
  'spot-reclaim': {
    ...{ takes: 'host', reclaims: true },
    equivalent: { name: 'spot-equivalent', said: 'the signal path of a reclaim with its two minutes' },
  },
} as const satisfies Readonly<Record<FaultName, FaultTraits>>;

type Inject = z.output<typeof Inject>;

/** The traits of what is injected; null for a baseline. FIS reclaims an instance in fact, and nothing stands in for that. */
export function traitsOfInject(inject: Inject): FaultTraits | null {
  if (inject.fault === 'none') return null;
  const traits = FAULT_TRAITS[inject.fault];
  return isThroughFis(inject) ? { ...traits, equivalent: null } : traits;
}

/** Whether AWS Fault Injection Service is asked to do it. */
export function isThroughFis(inject: Inject): boolean {
  return inject.fault === 'fis' || (inject.fault === 'spot-reclaim' && inject.through === 'fis');
}

/** The id of the template that the scenario names; null where the drill makes its own, or none is needed. */
export function templateIn(inject: Inject): string | null {
  if (inject.fault === 'fis') return inject.template;
  return inject.fault === 'spot-reclaim' && inject.through === 'fis' ? inject.template : null;
}

/** A fault as it is shown: an equivalent is called one. */
export function formatFault(fault: string, isByFis: boolean): string {
  if (!isFault(fault)) return fault;
  if (isByFis) return fault === 'fis' ? fault : `${fault} (by AWS FIS)`;
  const { equivalent } = FAULT_TRAITS[fault];
  return equivalent === null ? fault : `${fault} (${equivalent.name})`;
}

function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULT_TRAITS, name);
}
