import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { MORE } from '../cli/command-groups.ts';
import * as shared from '../cli/flags.ts';

/** The flags of `forecast`. */
export const forecastFlags = {
  history: Flags.string({
    description: 'read durations from a CSV or JSON file: one job a line, or builds with their jobs',
    helpValue: 'FILE',
    env: 'GAMEDAY_HISTORY',
  }),
  pipeline: Flags.string({
    description: "read durations of a pipeline's past jobs from Buildkite's GraphQL API",
    helpValue: '[ORG/]SLUG',
    env: 'GAMEDAY_PIPELINE',
  }),
  durations: Flags.string({
    description: 'state the durations: 5m, exponential:5m or uniform:1m..9m',
    helpValue: 'SPEC',
    env: 'GAMEDAY_DURATIONS',
  }),
  step: Flags.string({
    description: 'use only the jobs of this step; may be given again',
    helpValue: 'KEY',
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_STEP',
  }),
  jobs: Flags.integer({
    helpGroup: MORE,
    description: "number of the pipeline's last jobs to read",
    default: 500,
    min: 1,
    max: 1_000_000,
    env: 'GAMEDAY_JOBS',
  }),
  points: Flags.integer({
    helpGroup: MORE,
    description: 'GraphQL points to spend at most; a user has 5,000 in five minutes',
    default: 2500,
    min: 303,
    env: 'GAMEDAY_POINTS',
  }),
  cache: Flags.string({
    helpGroup: MORE,
    description:
      'file for the jobs that were read (default: in the state directory); the next run continues after them',
    helpValue: 'FILE',
    env: 'GAMEDAY_CACHE',
  }),
  'task-definition': Flags.string({
    description: 'task definition of the workers as JSON: stopTimeout, stop order, start of the agent',
    helpValue: 'FILE',
    env: 'GAMEDAY_TASK_DEFINITION',
  }),
  service: Flags.string({
    description: 'service as printed by describe-services: launch type, tasks and percentages',
    helpValue: 'FILE',
    env: 'GAMEDAY_SERVICE',
  }),
  'image-config': Flags.string({
    helpGroup: MORE,
    description:
      "configuration of the agent's image as printed by `docker image inspect`: entry point, STOPSIGNAL",
    helpValue: 'FILE',
    env: 'GAMEDAY_IMAGE_CONFIG',
  }),
  container: Flags.string({
    helpGroup: MORE,
    description: "name of the agent's container, where the definition does not show it",
    helpValue: 'NAME',
    env: 'GAMEDAY_CONTAINER',
  }),
  'launch-type': Flags.option({
    helpGroup: MORE,
    description: 'what the tasks run on (default: what the definition requires)',
    options: ['FARGATE', 'FARGATE_SPOT', 'EC2', 'EC2_SPOT', 'EXTERNAL'] as const,
    env: 'GAMEDAY_LAUNCH_TYPE',
  })(),
  'stop-timeout': shared.durationFlag({
    description: 'stopTimeout of the agent; overrides the definition',
    env: 'GAMEDAY_STOP_TIMEOUT',
  }),
  signal: Flags.option({
    helpGroup: MORE,
    description: 'what happens to the stop signal; overrides the definition',
    options: ['heard', 'eaten', 'fatal'] as const,
    env: 'GAMEDAY_SIGNAL',
  })(),
  utilisation: Flags.string({
    helpGroup: MORE,
    description: "share of time in which a worker has a job (default: from the history's times, else 100%)",
    helpValue: 'SHARE',
    env: 'GAMEDAY_UTILISATION',
  }),
  workers: Flags.integer({
    description: "workers of the fleet, 1 to 5000 (default: the service's, else 500)",
    min: 1,
    max: 5000,
    env: 'GAMEDAY_WORKERS',
  }),
  'minimum-healthy-percent': Flags.integer({
    helpGroup: MORE,
    description: "minimumHealthyPercent (default: the service's, else 100)",
    min: 0,
    max: 100,
    env: 'GAMEDAY_MINIMUM_HEALTHY_PERCENT',
  }),
  'maximum-percent': Flags.integer({
    helpGroup: MORE,
    description: "maximumPercent (default: the service's, else 200)",
    min: 100,
    max: 1000,
    env: 'GAMEDAY_MAXIMUM_PERCENT',
  }),
  'room-percent': Flags.integer({
    helpGroup: MORE,
    description:
      'places on the hosts or in a quota, in percent, including draining tasks (default: maximumPercent)',
    min: 100,
    max: 2000,
    env: 'GAMEDAY_ROOM_PERCENT',
  }),
  'start-up': Flags.string({
    helpGroup: MORE,
    description: "time from a task's start until ECS counts it as healthy: 60s or uniform:40s..90s",
    helpValue: 'SPEC',
    default: '60s',
    env: 'GAMEDAY_START_UP',
  }),
  'idle-drain': shared.durationFlag({
    helpGroup: MORE,
    description: 'time that an idle worker takes to exit',
    ...shared.durationDefault('11s'),
    env: 'GAMEDAY_IDLE_DRAIN',
  }),
  protection: shared.durationFlag({
    helpGroup: MORE,
    description: 'workers are protected from scale-in while they have a job, for this time at most',
    env: 'GAMEDAY_PROTECTION',
  }),
  drains: Flags.string({
    description: 'simulate with the drains measured by a drill or a folder of drills; may be given again',
    helpValue: 'DRILL|FOLDER',
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_DRAINS',
  }),
  out: shared.outFlag,
  replications: Flags.integer({
    helpGroup: MORE,
    description: 'number of simulated deployments',
    default: 1000,
    min: 1,
    max: 100_000,
    env: 'GAMEDAY_REPLICATIONS',
  }),
  seed: Flags.integer({
    helpGroup: MORE,
    description: 'seed of the random numbers; the same seed gives the same forecast',
    default: 1,
    min: 0,
    env: 'GAMEDAY_SEED',
  }),
  svg: Flags.string({ description: 'write the plot to this file', helpValue: 'FILE', env: 'GAMEDAY_SVG' }),
  json: shared.jsonFlag,
  insecure: shared.insecureFlag,
};
export type ForecastFlags = Interfaces.InferredFlags<typeof forecastFlags>;
