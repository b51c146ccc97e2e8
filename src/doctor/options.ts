import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The flags of `doctor`. */
export const doctorFlags = {
  rig: shared.runFlags.rig,
  json: shared.jsonFlag,
  var: shared.varFlag,
  agent: shared.agentFlag,
  executor: shared.executorFlag,
  ledger: shared.ledgerFlag,
  insecure: shared.insecureFlag,
};

export type DoctorFlags = Interfaces.InferredFlags<typeof doctorFlags>;

/** The long help of `gameday doctor`. */
export function doctorHelp(): string {
  return `Buildkite and AWS are asked what a drill of each scenario would meet: token and credentials, pipeline and step, cluster and service, how running tasks lead to their agents, rights, clocks, safety rules. Only reads are sent; with a ledger, a document is written there and removed. Each line is ok, a warning, or blocking, with what to do.

Exit codes:
    0  ready: nothing blocks a drill
    2  bad input: an argument, a file or a setting is wrong; nothing was contacted
    4  could not run: a service could not be asked, so that something is not known
   10  something blocks a drill`;
}
