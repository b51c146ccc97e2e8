import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The flags of every `gameday ledger` command. */
export const baseFlags = {
  ledger: shared.requiredLedgerFlag,
  json: shared.jsonFlag,
  insecure: shared.insecureFlag,
};

const rigFlag = Flags.boolean({
  default: false,
  description: 'drills on the rig in place of real ones; the two never add up',
});

export const addFlags = { ...baseFlags, out: shared.outFlag };
export type AddFlags = Interfaces.InferredFlags<typeof addFlags>;

export const listFlags = { ...baseFlags, rig: rigFlag };
export type ListFlags = Interfaces.InferredFlags<typeof listFlags>;

export type BaseFlags = Interfaces.InferredFlags<typeof baseFlags>;

/** The flags of `gameday drills list`. */
export const drillsFlags = {
  json: shared.jsonFlag,
  out: shared.outFlag,
  ledger: shared.ledgerFlag,
  rig: rigFlag,
  service: Flags.string({
    description: 'only drills of this service; may be given again',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_SERVICE',
  }),
  alarm: Flags.integer({
    description: 'end with 11 after so many nights without a drill that decided anything, for any service',
    helpValue: 'NIGHTS',
    min: 1,
    max: 1000,
    env: 'GAMEDAY_ALARM',
  }),
  insecure: shared.insecureFlag,
};
export type DrillsFlags = Interfaces.InferredFlags<typeof drillsFlags>;

export const drillArgs = {
  DRILL: Args.string({
    description: 'ids of drills in the output folder, or their folders or journals',
    required: true,
    multiple: true,
  }),
};

export const fingerprintArg = Args.string({
  description: 'the beginning of a fingerprint, four digits at least',
  required: true,
});

const FOLDER = 'folder with drills, however deep';
export const folderArg = Args.string({ description: FOLDER, required: true });
export const foldersArg = Args.string({ description: FOLDER, multiple: true });

/** The long help of the commands of the ledger. */
export function ledgerHelp(): string {
  return `A ledger is a set of small documents, one for each drill, in a folder or on S3 (s3://BUCKET/PREFIX). Nothing in it is ever overwritten.

Exit codes:
    0  done
    2  bad input: an argument, a file or a setting is wrong
    4  could not run: the ledger could not be read or written
   10  something is wrong: a document does not count, another one stands in its place, or a drill could not be added`;
}

/** The exit codes of commands that only show stored drills. */
export function storedHelp(): string {
  return `Exit codes:
    0  shown, whatever the verdict
    2  bad input: there is no such drill, or its journal cannot be read`;
}

/** The long help of `gameday drills list`. */
export function drillsHelp(): string {
  return `Nights are UTC days of verdicts. They come from the ledger where one is named, else from the journals in the output folder. With --alarm, refused and inconclusive drills are no sign of life: only a drill that decided something about a stop is.

Exit codes:
    0  listed
    2  bad input: an argument, a file or a setting is wrong
    4  could not run: the ledger could not be read
   11  with --alarm: a service had no drill that decided anything for so many nights`;
}
