import { BaseCommand } from '../cli/base-command.ts';
import { initFlags, initHelp } from '../init/options.ts';

export default class Init extends BaseCommand {
  static override summary = 'Write a scenario, a CI step and what doctor finds.';
  static override description = initHelp();
  static override examples = [
    { description: 'Asked on a terminal:', command: '<%= config.bin %> init' },
    {
      description: 'Elsewhere:',
      command:
        '<%= config.bin %> init --cluster build-prod --service build-agents --pipeline acme/canary --step integration',
    },
  ];
  static override flags = initFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Init);
    const { runInit } = await import('../init/service.ts');
    await runInit(flags, await this.runnerWith([], flags));
  }
}
