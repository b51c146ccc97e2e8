import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import * as shared from '../cli/flags.ts';

/** The flags of `assert`. */
export const assertionFlags = {
  build: Flags.string({
    description: 'the build; in a Buildkite step the own one',
    helpValue: 'ORG/PIPELINE/NUMBER',
    env: 'GAMEDAY_BUILD',
  }),
  step: Flags.string({
    description: 'judge the jobs of this step key alone',
    helpValue: 'KEY',
    env: 'GAMEDAY_STEP',
  }),
  since: Flags.string({
    description: 'stops before this time do not count',
    helpValue: 'TIME',
    env: 'GAMEDAY_SINCE',
  }),
  task: Flags.string({
    description: 'a task to judge; else those that ran the jobs',
    helpValue: 'ARN',
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_TASK',
  }),
  container: Flags.string({
    description: "name of the agent's container",
    helpValue: 'NAME',
    env: 'GAMEDAY_CONTAINER',
  }),
  require: Flags.option({
    description: 'the least that must be proven; not-lost proves no drain',
    options: ['drained', 'not-lost'] as const,
    default: 'not-lost',
    env: 'GAMEDAY_REQUIRE',
  })(),
  mapping: Flags.option({
    description: 'map agents to tasks by tag or host name',
    options: ['tag', 'hostname'] as const,
    default: 'tag',
    env: 'GAMEDAY_MAPPING',
  })(),
  cluster: Flags.string({
    description: 'ECS cluster, for --mapping hostname',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  service: Flags.string({
    description: 'ECS service, for --mapping hostname',
    helpValue: 'NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  'signal-lag': shared.durationFlag({
    description: 'ECS may take this long to send SIGTERM',
    env: 'GAMEDAY_SIGNAL_LAG',
  }),
  'drain-within': shared.durationFlag({
    description: 'a drain may take this long',
    env: 'GAMEDAY_DRAIN_WITHIN',
  }),
  within: shared.durationFlag({
    description: 'wait this long for the end',
    ...shared.durationDefault('20m'),
    env: 'GAMEDAY_WITHIN',
  }),
  'poll-every': shared.durationFlag({
    description: 'how often to look',
    ...shared.durationDefault('2s'),
    env: 'GAMEDAY_POLL_EVERY',
  }),
  json: shared.jsonFlag,
  reporter: shared.reporterFlag(),
  out: shared.outFlag,
  insecure: shared.insecureFlag,
};
export type AssertionFlags = Interfaces.InferredFlags<typeof assertionFlags>;

/** The long help of `gameday assert`. */
export function assertionHelp(): string {
  return `Waits for the build's end (inside that very build: for the end of the jobs of --step) and judges it as a drill is judged: passed rather than lost, a loss that a retry hides, drained where ECS shows that a task was stopped. Nothing is injected. Where ECS shows no stop it can only say not-lost, which is no proof. Run it within an hour of the stop: ECS forgets stopped tasks.

${exitCodesHelp()}`;
}
