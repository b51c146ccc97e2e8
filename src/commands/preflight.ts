import { BaseCommand } from '../cli/base-command.ts';
import { preflightFlags, preflightHelp } from '../preflight/options.ts';

export default class Preflight extends BaseCommand {
  static override summary = 'Check a task definition for what would go wrong at a stop.';
  static override description = preflightHelp();
  static override examples = [
    {
      description: 'Check a file; nothing is contacted:',
      command:
        '<%= config.bin %> preflight --task-definition task-definition.json --pipeline .buildkite/pipeline.yml',
    },
    {
      description: 'Check a running service:',
      command: '<%= config.bin %> preflight --cluster build-prod --service build-agents',
    },
  ];
  static override flags = preflightFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Preflight);
    const { answerPreflight: preflight } = await import('../preflight/service.ts');
    await preflight(flags, this.runner);
  }
}
