import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The arguments of `pipeline`. */
export const pipelineArgs = { FILE: shared.files };

/** The flags of `pipeline`. */
export const pipelineFlags = {
  parallel: Flags.integer({
    description:
      'how many steps may run at the same time (default: as many as exclude each other in nothing)',
    helpValue: 'N',
    min: 1,
    max: 500,
    env: 'GAMEDAY_PARALLEL',
  }),
  queue: Flags.string({
    description: 'queue of the agents that run the steps; never that of the workers to be stopped',
    helpValue: 'NAME',
    env: 'GAMEDAY_QUEUE',
  }),
  rig: Flags.boolean({
    default: false,
    description: 'each step runs its drill on the rig that the scenario names',
  }),
  json: shared.jsonFlag,
  var: shared.varFlag,
};

export type PipelineFlags = Interfaces.InferredFlags<typeof pipelineFlags>;

/** The long help of `gameday pipeline`. */
export function pipelineHelp(): string {
  return `Each scenario becomes a step of its own, so that a lost agent or a retry touches one drill. Drills of one service share a concurrency group. Drills that exclude each other, by their service or by their pipeline and branch, follow one another. A step is retried only when its drill was inconclusive, and every attempt counts. The last step downloads the journals of every attempt and runs \`gameday merge\`, with each shard that it must find in its own command.

Nothing is contacted. The steps stop tasks without asking (--yes): uploading the pipeline is the consent.

Exit codes:
    0  the pipeline was printed
    2  bad input: an argument or a file is wrong`;
}
