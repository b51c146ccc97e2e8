import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';
import { LAUNCH_TYPES } from '../worker/launch.ts';

/** The flags of `gate`. What is asked has no environment variable: one left in a pipeline would ask for less. */
export const gateFlags = {
  ledger: shared.requiredLedgerFlag,
  claim: Flags.string({
    description: 'what must be shown, such as "lost-given-stop < 5 % at 95 %"',
    helpValue: 'CLAIM',
    required: true,
  }),
  service: Flags.string({
    description: 'the worker that this ECS service runs now',
    helpValue: 'NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  cluster: Flags.string({
    description: 'cluster of --service',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  'task-definition': Flags.string({
    description:
      'the worker that this task definition is about to make, as JSON; nothing but the ledger is read',
    helpValue: 'FILE',
    env: 'GAMEDAY_TASK_DEFINITION',
  }),
  'image-digest': Flags.string({
    description: 'digest of the image of a container, where the definition names a tag; may be given again',
    helpValue: 'CONTAINER=sha256:HEX',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'agent-version': Flags.string({
    description: "the agent's version (default: the only one that drills of its image show)",
    helpValue: 'VERSION',
    env: 'GAMEDAY_AGENT_VERSION',
  }),
  'launch-type': Flags.option({
    description: 'what the tasks run on (default: as the service says, or what the definition requires)',
    options: LAUNCH_TYPES,
    env: 'GAMEDAY_LAUNCH_TYPE',
  })(),
  container: Flags.string({
    description: "name of the agent's container, where the definition does not show it",
    helpValue: 'NAME',
    env: 'GAMEDAY_CONTAINER',
  }),
  fault: Flags.string({
    description: 'the fault of the drills that count, as scenarios name it',
    helpValue: 'FAULT',
    default: 'stop-task',
  }),
  within: shared.daysFlag({
    description: 'a drill must be as recent as this; older ones count all the same',
  }),
  'at-least': Flags.integer({
    description: 'so many trials at least, however good they are',
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  'job-time': shared.durationFlag({
    description:
      'the claim is about stops that leave a job up to this time to run; drills that left it less do not show that',
  }),
  pessimistic: Flags.boolean({
    default: false,
    description: 'count trials that cannot be decided as failed',
  }),
  stopped: Flags.string({
    description:
      'for a claim on runs: at most so many job runs meet a stop, as "2.2 %", or counted, as 180/10000',
    helpValue: 'SHARE|STOPS/RUNS',
  }),
  losses: Flags.string({
    description: 'for a claim on runs: what was lost of them, as printed by `gameday losses --json`',
    helpValue: 'FILE',
  }),
  'worker-then': Flags.string({
    description:
      'with --losses: fingerprint of the worker that ran then; its drills show what a stop lost, and so how many runs met one',
    helpValue: 'FINGERPRINT',
    dependsOn: ['losses'],
  }),
  rig: Flags.boolean({
    default: false,
    description: 'drills on the rig in place of real ones; the two never add up',
  }),
  json: shared.jsonFlag,
  insecure: shared.insecureFlag,
};
export type GateFlags = Interfaces.InferredFlags<typeof gateFlags>;

/** The long help of `gameday gate`. */
export function gateHelp(): string {
  return `Only drills of this very worker count: its containers' starts, flags, time-outs and stop order, the digests of its images, its agent's version and the fault. Bounds hold although somebody looks after every drill. ECS and the ledger are read; nothing is changed.

Claims:
    lost-given-stop < 5 % at 95 %   a stop of a busy worker loses its job
    not-drained < 10 % at 95 %      a stopped worker does not drain; the same as drains > 90 % at 95 %
    runs-lost < 0.1 % at 95 %       a job run is lost; with --stopped or --losses

Exit codes:
    0  held: the upper bound lies below the limit
    2  bad input: an argument, a file or a setting is wrong; nothing was contacted
    4  could not run: the ledger or ECS could not be read
   10  refuted: the lower bound lies above the limit
   11  not enough evidence: so many clean drills are missing, or none is of this worker`;
}
