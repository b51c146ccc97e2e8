import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The flags of `init`. */
export const initFlags = {
  cluster: Flags.string({
    description: 'ECS cluster of the workers, by name or ARN',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  service: Flags.string({
    description: 'ECS service of the workers: one task of it is stopped',
    helpValue: 'NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  pipeline: Flags.string({
    description: 'Buildkite pipeline that a drill builds',
    helpValue: 'ORG/SLUG',
    env: 'GAMEDAY_PIPELINE',
  }),
  step: Flags.string({
    description:
      "key of the step whose worker is stopped (default: the pipeline's step, if it has one alone)",
    helpValue: 'KEY',
    env: 'GAMEDAY_STEP',
  }),
  region: Flags.string({
    description: "AWS region (default: the environment's)",
    helpValue: 'REGION',
    env: 'GAMEDAY_REGION',
  }),
  queue: Flags.string({
    description: 'queue of the agents that run gameday in CI; never that of the workers to be stopped',
    helpValue: 'NAME',
    default: 'gameday',
    env: 'GAMEDAY_QUEUE',
  }),
  into: Flags.string({
    description: 'folder for the files',
    helpValue: 'DIR',
    default: 'gameday',
    env: 'GAMEDAY_INTO',
  }),
  json: shared.jsonFlag,
  insecure: shared.insecureFlag,
};

export type InitFlags = Interfaces.InferredFlags<typeof initFlags>;

/** The long help of `gameday init`. */
export function initHelp(): string {
  return `Writes three files into --into DIR: drill.yaml (the scenario), doctor.txt (what \`gameday doctor\` finds for it), and pipeline.yml (a Buildkite step that runs it). A file that is there already is never overwritten: then nothing is written.

On a terminal, init asks for what no flag gives and shows what there is to choose from, as far as your rights allow. Elsewhere --cluster, --service, --pipeline and --step are needed. Both services are read, and nothing is changed there. Without credentials the files are written too, and doctor.txt says what was not checked.

Exit codes:
    0  the files were written, whatever doctor found
    2  bad input: an answer is missing or wrong, or a file is there already; nothing was written
  130  Ctrl-C at a question; nothing was written`;
}
