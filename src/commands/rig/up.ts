import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';

export default class RigUp extends BaseCommand {
  static override summary = 'Keep a rig running: stand-ins for Buildkite and ECS with real workers.';
  static override description = `Prints \`export NAME=value\` lines, with which other programs reach the rig. Ctrl-C ends it; it leaves nothing behind.`;
  static override examples = [
    {
      description: 'The first line in one shell, the second in another:',
      command:
        '<%= config.bin %> rig up rig.yaml > rig.env\n. ./rig.env && <%= config.bin %> run drill.yaml --yes',
    },
  ];
  static override args = { FILE: Args.string({ description: 'rig file', required: true }) };
  static override flags = { agent: shared.agentFlag, executor: shared.executorFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RigUp);
    const { rigUp } = await import('../../cli/rig-process.ts');
    await rigUp(args.FILE, flags, this.runner);
  }
}
