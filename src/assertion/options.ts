import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { MORE } from '../cli/command-groups.ts';
import * as shared from '../cli/flags.ts';

/** The flags of `assert`. */
export const assertionFlags = {
  build: Flags.string({
    description: 'the build to judge; default in a Buildkite step: its own build',
    helpValue: 'ORG/PIPELINE/NUMBER',
    env: 'GAMEDAY_BUILD',
  }),
  step: Flags.string({
    description: 'judge only the jobs of the step with this key; * stands for any characters',
    helpValue: 'KEY',
    env: 'GAMEDAY_STEP',
  }),
  since: Flags.string({
    helpGroup: MORE,
    description: 'ignore stops before this time',
    helpValue: 'TIME',
    env: 'GAMEDAY_SINCE',
  }),
  task: Flags.string({
    helpGroup: MORE,
    description: 'a task to judge (default: the tasks that ran the jobs); may be given again',
    helpValue: 'ARN',
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_TASK',
  }),
  container: Flags.string({
    helpGroup: MORE,
    description: "name of the agent's container",
    helpValue: 'NAME',
    env: 'GAMEDAY_CONTAINER',
  }),
  require: Flags.option({
    description: 'what must be shown at least; not-lost is no evidence of a drain',
    options: ['drained', 'not-lost'] as const,
    default: 'not-lost',
    env: 'GAMEDAY_REQUIRE',
  })(),
  mapping: Flags.option({
    helpGroup: MORE,
    description: 'how agents are mapped to tasks: by tag or by host name',
    options: ['tag', 'hostname'] as const,
    default: 'tag',
    env: 'GAMEDAY_MAPPING',
  })(),
  cluster: Flags.string({
    helpGroup: MORE,
    description: 'ECS cluster, for --mapping hostname',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  service: Flags.string({
    helpGroup: MORE,
    description: 'ECS service, for --mapping hostname',
    helpValue: 'NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  'signal-lag': shared.durationFlag({
    helpGroup: MORE,
    description: 'longest time that ECS may take to send SIGTERM',
    env: 'GAMEDAY_SIGNAL_LAG',
  }),
  'drain-within': shared.durationFlag({
    helpGroup: MORE,
    description: 'longest time that a drain may take',
    env: 'GAMEDAY_DRAIN_WITHIN',
  }),
  within: shared.durationFlag({
    helpGroup: MORE,
    description: 'longest time to wait for the end',
    ...shared.durationDefault('20m'),
    env: 'GAMEDAY_WITHIN',
  }),
  'poll-every': shared.durationFlag({
    helpGroup: MORE,
    description: 'time between two polls',
    ...shared.durationDefault('2s'),
    env: 'GAMEDAY_POLL_EVERY',
  }),
  json: shared.jsonFlag,
  reporter: shared.reporterFlag(),
  verbose: shared.verboseFlag,
  out: shared.outFlag,
  ledger: shared.ledgerFlag,
  annotate: shared.annotateFlag,
  notify: shared.notifyEndFlag,
  insecure: shared.insecureFlag,
};
export type AssertionFlags = Interfaces.InferredFlags<typeof assertionFlags>;

/** The long help of `gameday assert`. */
export function assertionHelp(): string {
  return `Waits for the end of the build (inside that same build: for the end of the jobs of --step) and judges it like a drill: whether jobs passed or were lost, whether a retry hides a loss, and whether workers drained where ECS shows that a task was stopped. Nothing is injected. If ECS shows no stop, the outcome can only be not-lost, which is no evidence of a drain. Run it within an hour of the stop: after that ECS forgets stopped tasks.`;
}
