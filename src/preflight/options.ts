import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The flags of `preflight`. */
export const preflightFlags = {
  'task-definition': Flags.string({
    description: 'task definition as JSON: as it is registered, or as describe-task-definition prints it',
    helpValue: 'FILE',
    env: 'GAMEDAY_TASK_DEFINITION',
  }),
  service: Flags.string({
    description: 'service as describe-services prints it; with --cluster: the name of one that runs',
    helpValue: 'FILE|NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  pipeline: Flags.string({
    description: "the pipeline's steps, as YAML or JSON",
    helpValue: 'FILE',
    env: 'GAMEDAY_PIPELINE',
  }),
  'image-config': Flags.string({
    description: "the agent's image as `docker image inspect` prints it: entry point, STOPSIGNAL",
    helpValue: 'FILE',
    env: 'GAMEDAY_IMAGE_CONFIG',
  }),
  'capacity-provider': Flags.string({
    description: 'capacity providers as describe-capacity-providers prints them',
    helpValue: 'FILE',
    env: 'GAMEDAY_CAPACITY_PROVIDER',
  }),
  history: Flags.string({
    description: 'how long steps took: a CSV or JSON file, as `gameday forecast` takes it',
    helpValue: 'FILE',
    env: 'GAMEDAY_HISTORY',
  }),
  container: Flags.string({
    description: "name of the agent's container, where it cannot be told",
    helpValue: 'NAME',
    env: 'GAMEDAY_CONTAINER',
  }),
  scenario: Flags.string({
    description:
      'look at the service of a scenario and at its step; with --task-definition: at the step alone',
    helpValue: 'FILE',
    env: 'GAMEDAY_SCENARIO',
  }),
  cluster: Flags.string({
    description: 'cluster of --service, to look at what runs',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  strict: Flags.boolean({
    default: false,
    description: 'warnings count as errors',
    env: 'GAMEDAY_STRICT',
  }),
  json: shared.jsonFlag,
  sarif: Flags.boolean({
    default: false,
    description: 'print a SARIF 2.1.0 log on stdout, for code scanning',
    exclusive: ['json'],
    env: 'GAMEDAY_SARIF',
  }),
  var: shared.varFlag,
  insecure: shared.insecureFlag,
};

export type PreflightFlags = Interfaces.InferredFlags<typeof preflightFlags>;

/** The long help of `gameday preflight`. */
export function preflightHelp(): string {
  return `Rules look at the definition, and where they are given at the service, the pipeline's steps and the image. Each finding says what was seen and where, why it matters, and the lines to change. What could not be known is said, never guessed.

With --task-definition nothing is contacted. With --scenario, or --cluster and --service, the definition that runs is read from ECS, and with --scenario the steps and the last passed jobs of its step from Buildkite; nothing is changed there.

Exit codes:
    0  nothing was found, or warnings and notes
    2  bad input: an argument or a file is wrong
    4  could not run: credentials, network, no such service, ...
   10  errors were found; with --strict: or warnings`;
}
