import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The flags of `preflight`. */
export const preflightFlags = {
  'task-definition': Flags.string({
    description: 'task definition as JSON, as registered or as printed by describe-task-definition',
    helpValue: 'FILE',
    env: 'GAMEDAY_TASK_DEFINITION',
  }),
  service: Flags.string({
    description: 'service as printed by describe-services; with --cluster: name of a running service',
    helpValue: 'FILE|NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  pipeline: Flags.string({
    description: "the pipeline's steps, as YAML or JSON",
    helpValue: 'FILE',
    env: 'GAMEDAY_PIPELINE',
  }),
  'image-config': Flags.string({
    description:
      "configuration of the agent's image as printed by `docker image inspect`: entry point, STOPSIGNAL",
    helpValue: 'FILE',
    env: 'GAMEDAY_IMAGE_CONFIG',
  }),
  dockerfile: Flags.string({
    description:
      "Dockerfile of the agent's image, in place of --image-config: what its last stage starts, STOPSIGNAL",
    helpValue: 'FILE',
    exclusive: ['image-config'],
    env: 'GAMEDAY_DOCKERFILE',
  }),
  'capacity-provider': Flags.string({
    description: 'capacity providers as printed by describe-capacity-providers',
    helpValue: 'FILE',
    env: 'GAMEDAY_CAPACITY_PROVIDER',
  }),
  hooks: Flags.string({
    description:
      "folder of the agent's hooks: whether they protect the task from scale-in while it has a job",
    helpValue: 'FOLDER',
    env: 'GAMEDAY_HOOKS',
  }),
  history: Flags.string({
    description: 'how long steps took: a CSV or JSON file in the format of `gameday forecast`',
    helpValue: 'FILE',
    env: 'GAMEDAY_HISTORY',
  }),
  container: Flags.string({
    description: "name of the agent's container, where the definition does not show it",
    helpValue: 'NAME',
    env: 'GAMEDAY_CONTAINER',
  }),
  scenario: Flags.string({
    description: 'check the service and the step of a scenario; with --task-definition: the step only',
    helpValue: 'FILE',
    env: 'GAMEDAY_SCENARIO',
  }),
  cluster: Flags.string({
    description: 'cluster of --service, to check the running service',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  strict: Flags.boolean({
    default: false,
    description: 'count warnings as errors',
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
  return `Rules check the definition and, where given, the service, the pipeline's steps and the image. Each finding says what was seen and where, why it matters, and which lines to change. What is not known is listed, never guessed.

With --task-definition nothing is contacted. With --scenario, or --cluster and --service, the definition that runs is read from ECS, and with --scenario the steps and the last passed jobs of its step from Buildkite; nothing is changed there.

Exit codes:
    0  nothing was found, or warnings and notes
    2  bad input: an argument or a file is wrong
    4  could not run: credentials, network, no such service, ...
   10  errors were found (with --strict: errors or warnings)`;
}
