import { BaseCommand } from '../cli/base-command.ts';
import { lossesFlags, lossesHelp } from '../losses/options.ts';

export default class Losses extends BaseCommand {
  static override summary = 'Count past job runs that were lost with their agents.';
  static override description = lossesHelp();
  static override examples = [
    '<%= config.bin %> losses --pipeline acme/main --since 30d',
    '<%= config.bin %> losses --pipeline acme/main --before-after 2026-11-10 --svg losses.svg',
    '<%= config.bin %> losses --all --max 0.5% --json',
  ];
  static override flags = lossesFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Losses);
    const { countLosses } = await import('../losses/service.ts');
    await countLosses(flags, this.runner);
  }
}
