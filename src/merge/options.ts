import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The arguments of `merge`. */
export const mergeArgs = {
  DIR: Args.string({
    description: 'folder of the downloaded artifacts: SHARD/ATTEMPT/JOB/ with the drills in it',
    required: true,
  }),
};

/** The flags of `merge`. */
export const mergeFlags = {
  shard: Flags.string({
    description: 'scenario file of a shard; given once for each shard, in their order',
    helpValue: 'FILE',
    multiple: true,
    multipleNonGreedy: true,
    required: true,
  }),
  rig: Flags.boolean({
    default: false,
    description: 'the drills ran on rigs of their own; without it a drill of a rig does not count',
  }),
  json: shared.jsonFlag,
  reporter: shared.reporterFlag(),
  annotate: shared.annotateFlag,
};

export type MergeFlags = Interfaces.InferredFlags<typeof mergeFlags>;

/** The long help of `gameday merge`. */
export function mergeHelp(): string {
  return `It is the last step of the pipeline that \`gameday pipeline\` prints. It reads files, contacts nothing and writes nothing into DIR, so it may be run again. Every journal is judged again by today's checks. Every attempt whose injection is proven counts; one that injected nothing gives way to a later one. If a shard or an attempt is missing or doubled, or a journal is cut, changed, of another build or of another scenario, the whole is inconclusive at best.

The worst exit code counts, in this order: 10, 1, 3, 4, 11, 0.`;
}
