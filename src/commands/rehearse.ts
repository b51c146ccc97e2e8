import { BaseCommand } from '../cli/base-command.ts';
import { rehearseArgs, rehearseFlags, rehearseHelp } from '../rehearsal/options.ts';

export default class Rehearse extends BaseCommand {
  static override summary = 'Stop a worker of your own task definition, on this machine alone.';
  static override description = rehearseHelp();
  static override examples = [
    {
      description: 'Your own task definition, as `aws ecs describe-task-definition` prints it:',
      command: '<%= config.bin %> rehearse task.json',
    },
    {
      description: "See what a stop does to the incident's workers, and to the fixed ones beside them:",
      command: '<%= config.bin %> rehearse @incident',
    },
    {
      description: "With your pipeline's own step, which takes about a minute and a half:",
      command: '<%= config.bin %> rehearse task.json --pipeline pipeline.yml --step tests --job-length 90s',
    },
  ];
  static override args = rehearseArgs;
  static override flags = rehearseFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rehearse);
    const { runRehearsal: rehearse } = await import('../rehearsal/service.ts');
    await rehearse(args.FILE, flags, this.runner);
  }
}
