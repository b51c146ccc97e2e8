import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { runFlags } from '../cli/flags.ts';

export const studyArgs = {
  FOLDER: Args.string({
    description: 'folder that contains a folder of scenarios for each arm',
    required: true,
  }),
};

const {
  rig,
  yes,
  json,
  reporter,
  verbose,
  var: variables,
  out,
  ledger,
  agent,
  executor,
  insecure,
} = runFlags;

export const studyFlags = {
  rig,
  repeat: Flags.integer({
    description: 'how many times each drill is run',
    default: 1,
    min: 1,
    max: 1000,
    env: 'GAMEDAY_REPEAT',
  }),
  markdown: Flags.string({
    description: 'write the table to a file as Markdown',
    helpValue: 'FILE',
    env: 'GAMEDAY_MARKDOWN',
  }),
  ...{ yes, json, reporter, verbose, var: variables, out, ledger, agent, executor, insecure },
};
export type StudyFlags = Interfaces.InferredFlags<typeof studyFlags>;
