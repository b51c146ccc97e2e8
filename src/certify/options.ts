import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';
import { gateFlags } from '../gate/options.ts';

const {
  rig,
  yes,
  reporter,
  annotate,
  notify,
  var: variables,
  out,
  agent,
  executor,
  json,
  insecure,
  parallel,
} = shared.runFlags;
const { ledger, claim, within, pessimistic } = gateFlags;

/** The flags of `certify`. */
export const certifyFlags = {
  ...{ ledger, claim },
  parallel,
  max: Flags.integer({
    description: 'most drills to run (default: three times as many as the claim takes if none fails)',
    min: 1,
    max: 10_000,
  }),
  ...{ rig, yes, 'at-least': gateFlags['at-least'], 'job-time': gateFlags['job-time'], within, pessimistic },
  ...{ var: variables, out, agent, executor, reporter, annotate, notify, json, insecure },
};
export type CertifyFlags = Interfaces.InferredFlags<typeof certifyFlags>;

/** The long help of `gameday certify`. */
export function certifyHelp(): string {
  return `Each drill is added to the ledger, and counts together with the drills that the ledger has of the same worker. A worker that loses its jobs is refuted after a few drills. If it is killed, run it again: drills that it left unfinished in the output folder are taken up first, so that none is forgotten.

Exit codes:
    0  held: the upper bound lies below the limit
    2  bad input: an argument, a file or a setting is wrong; nothing was started
    3  refused: a safety rule or a person refused several drills in a row
    4  could not run: the ledger or a service could not be reached
   10  refuted: the lower bound lies above the limit
   11  not enough evidence: the most drills were run, or drills stopped nothing
  130  interrupted by SIGINT (143: by SIGTERM); the same command goes on`;
}
