import { BaseCommand } from '../../cli/base-command.ts';
import { addFlags, drillArgs, ledgerHelp } from '../../ledger/options.ts';

export default class LedgerAdd extends BaseCommand {
  static override summary = 'Add drills to the ledger by their journals.';
  static override description = ledgerHelp();
  static override examples = [
    '<%= config.bin %> ledger add 20260102-030405-beef --ledger s3://acme-gameday/ledger',
  ];
  static override args = drillArgs;
  static override flags = addFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LedgerAdd);
    const { addDrills } = await import('../../ledger/service.ts');
    await addDrills(args.DRILL, flags, this.runner);
  }
}
