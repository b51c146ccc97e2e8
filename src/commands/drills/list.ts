import { BaseCommand } from '../../cli/base-command.ts';
import { drillsFlags, drillsHelp } from '../../ledger/options.ts';

export default class DrillsList extends BaseCommand {
  static override summary = 'List the drills with their verdicts, and the nights of services.';
  static override description = drillsHelp();
  static override examples = [
    '<%= config.bin %> drills',
    '<%= config.bin %> drills list --out drills --json',
    {
      description: 'Be told where drills have decided nothing for five nights:',
      command: '<%= config.bin %> drills list --ledger s3://acme-gameday/ledger --alarm 5',
    },
  ];
  static override hiddenAliases = ['drills'];
  static override flags = drillsFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(DrillsList);
    const { showDrills } = await import('../../ledger/nights.ts');
    await showDrills(flags, this.runner);
  }
}
