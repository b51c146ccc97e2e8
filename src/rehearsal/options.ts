import { Flags } from '@oclif/core';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import { preflightFlags } from '../preflight/options.ts';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The flags of `rehearse`. What makes somebody's own commands and programs run here is typed, never left in an environment. */
export const rehearseFlags = {
  'task-definition': Flags.string({
    description: 'task definition as JSON, as registered or as printed by describe-task-definition',
    helpValue: 'FILE',
    required: true,
    env: 'GAMEDAY_TASK_DEFINITION',
  }),
  pipeline: Flags.string({
    description: 'steps of your own, as YAML; THEIR COMMANDS RUN HERE; else a step that sleeps',
    helpValue: 'FILE',
  }),
  step: Flags.string({
    description: 'key of the step of --pipeline that is struck; not needed where one step runs a command',
    helpValue: 'KEY',
    env: 'GAMEDAY_STEP',
  }),
  'job-length': shared.durationFlag({
    description: 'how long your step takes; else a length is chosen by the stopTimeout, and why is said',
    helpValue: '90s',
    env: 'GAMEDAY_JOB_LENGTH',
  }),
  container: preflightFlags.container,
  image: Flags.string({
    description: "image to run in place of the agent's own; needs a Docker engine that has it",
    helpValue: 'IMAGE',
    env: 'GAMEDAY_IMAGE',
  }),
  'image-config': preflightFlags['image-config'],
  programs: Flags.string({
    description: 'folder with programs that the images hold; sidecars are played where theirs is in it',
    helpValue: 'DIR',
  }),
  agent: shared.agentFlag,
  executor: shared.executorFlag,
  yes: Flags.boolean({
    default: false,
    description: 'run what it was given without asking; needed where there is no terminal',
  }),
  json: shared.jsonFlag,
  out: shared.outFlag,
};

export type RehearseFlags = Interfaces.InferredFlags<typeof rehearseFlags>;

/** The long help of `gameday rehearse`. */
export function rehearseHelp(): string {
  return `The rig runs one worker of the definition, three times at once, and stops its task: in the middle of a step, while it has no job, and near the step's end. Where a drill fails and preflight knows what to change, the mended definition is played beside it. Nothing but this machine is contacted.

Where a Docker engine has the agent's image, that is run. Else entry point and command run as programs of this machine, with your rights. What will run is named first, and a terminal is asked; elsewhere --yes is needed. What the rig cannot play is left out of a copy and named; what decides how a stop ends and cannot be played is refused. Scenario and rig files of every drill are kept under --out.

${exitCodesHelp()}

The drills of the definition as given decide; a mended one does not excuse it.`;
}
