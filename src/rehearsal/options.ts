import { Args, Flags } from '@oclif/core';
import { preflightFlags } from '../preflight/options.ts';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

export const rehearseArgs = {
  FILE: Args.string({
    name: 'FILE',
    description:
      'task definition as JSON, as registered or as printed by describe-task-definition; - reads stdin; @incident is one that is shipped',
  }),
};

/** The flags of `rehearse`. Flags that make the user's own commands and programs run here have no environment variable. */
export const rehearseFlags = {
  'task-definition': Flags.string({
    description: 'the same as FILE',
    helpValue: 'FILE',
    env: 'GAMEDAY_TASK_DEFINITION',
  }),
  pipeline: Flags.string({
    description: 'your own steps, as YAML; THEIR COMMANDS RUN HERE (default: one step that sleeps)',
    helpValue: 'FILE',
  }),
  step: Flags.string({
    description: 'key of the step of --pipeline that is stopped; not needed where one step runs a command',
    helpValue: 'KEY',
    env: 'GAMEDAY_STEP',
  }),
  'job-length': shared.durationFlag({
    description: 'how long your step takes (default: chosen by the stopTimeout; the report says why)',
    helpValue: '90s',
    env: 'GAMEDAY_JOB_LENGTH',
  }),
  container: preflightFlags.container,
  image: Flags.string({
    description: "image to run in place of the agent's own; needs a Docker engine with this image",
    helpValue: 'IMAGE',
    env: 'GAMEDAY_IMAGE',
  }),
  'image-config': preflightFlags['image-config'],
  dockerfile: preflightFlags.dockerfile,
  programs: Flags.string({
    description: 'folder with programs of the images; a sidecar is run only if its program is in it',
    helpValue: 'DIR',
  }),
  agent: shared.agentFlag,
  executor: shared.executorFlag,
  yes: Flags.boolean({
    default: false,
    description: 'run the given commands without asking; required without a terminal',
  }),
  verbose: shared.verboseFlag,
  json: shared.jsonFlag,
  out: shared.outFlag,
};

export type GivenFlags = Interfaces.InferredFlags<typeof rehearseFlags>;
/** The flags, with the one file that is rehearsed. */
export type RehearseFlags = GivenFlags & { readonly 'task-definition': string };

/** The long help of `gameday rehearse`. */
export function rehearseHelp(): string {
  return `Three rigs at the same time run one worker of the definition each and stop its task: in the middle of a step, while it has no job, and near the step's end. If a drill fails and preflight suggests a change, the drills run again with the fixed definition. Only this machine is contacted.

Where a Docker engine has the agent's image, that is run. Else entry point and command run as programs of this machine, with your rights. What will run is named first, and a terminal is asked; elsewhere --yes is needed. What the rig cannot play is left out of a copy and named; what decides how a stop ends and cannot be played is refused. Scenario and rig files of every drill are kept under --out.

The end is short; all that was found and what differs from ECS stands in report.txt beside the scenarios, and --verbose prints it too. The exit code is that of the definition as given, even if the fixed one passes.`;
}
