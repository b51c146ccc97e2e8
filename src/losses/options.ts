import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { MORE } from '../cli/command-groups.ts';
import * as shared from '../cli/flags.ts';
import { GROUPINGS } from './tally.ts';

/** The flags of `losses`. */
export const lossesFlags = {
  pipeline: Flags.string({
    description: 'count the job runs of this pipeline; may be given again',
    helpValue: '[ORG/]SLUG',
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_PIPELINE',
  }),
  all: Flags.boolean({
    default: false,
    description: 'count those of every pipeline of the organization that the token may see',
    env: 'GAMEDAY_ALL',
  }),
  since: Flags.string({
    description: 'count builds created since then: 30d, 12h or a date such as 2026-11-01',
    helpValue: 'TIME',
    default: '30d',
    env: 'GAMEDAY_SINCE',
  }),
  by: Flags.option({
    description: 'show the runs by day (of UTC), step, queue, agent version, branch or pipeline',
    options: GROUPINGS,
    env: 'GAMEDAY_BY',
  })(),
  'before-after': Flags.string({
    description:
      'compare the runs before this time with those since then, with an exact test: 2026-11-10, or 10d for ten days ago',
    helpValue: 'TIME',
    env: 'GAMEDAY_BEFORE_AFTER',
  }),
  max: Flags.string({
    description:
      'exit 10 if the rate is above this, 0 if it is below, 11 if the runs do not tell: 0.5% or 0.005',
    helpValue: 'RATE',
  }),
  cluster: Flags.string({
    helpGroup: MORE,
    description: 'cluster of --service',
    helpValue: 'NAME',
    env: 'GAMEDAY_CLUSTER',
  }),
  service: Flags.string({
    helpGroup: MORE,
    description: 'ECS service whose deployments are laid beside the losses',
    helpValue: 'NAME',
    env: 'GAMEDAY_SERVICE',
  }),
  points: Flags.integer({
    helpGroup: MORE,
    description:
      'GraphQL points to spend at most on runs that the list of builds leaves open; a user has 5,000 in five minutes',
    default: 2500,
    min: 0,
    env: 'GAMEDAY_POINTS',
  }),
  pages: Flags.string({
    helpGroup: MORE,
    description: 'folder for what was read (default: in the state directory); the next run goes on from it',
    helpValue: 'DIR',
    env: 'GAMEDAY_PAGES',
  }),
  svg: Flags.string({ description: 'write the plot to this file', helpValue: 'FILE', env: 'GAMEDAY_SVG' }),
  json: shared.jsonFlag,
  insecure: shared.insecureFlag,
};
export type LossesFlags = Interfaces.InferredFlags<typeof lossesFlags>;

/** The long help of `gameday losses`. */
export function lossesHelp(): string {
  return `Buildkite's past is read, nothing else: a token with read access to builds is enough. A job run is lost if Buildkite gave up its agent while it ran; a retry or soft_fail hides that from the build, and not from this count.

Exit codes:
    0  the runs were counted; with --max: the rate is below it, at 95 %
    2  bad input: an argument or a setting is wrong; nothing was contacted
    4  could not run: a service could not be asked
   10  with --max: the rate is above it, at 95 %
   11  with --max: the runs are too few to tell`;
}
