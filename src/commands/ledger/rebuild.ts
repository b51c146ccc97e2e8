import { BaseCommand } from '../../cli/base-command.ts';
import { baseFlags, folderArg, ledgerHelp } from '../../ledger/options.ts';

export default class LedgerRebuild extends BaseCommand {
  static override summary = "Make a ledger anew from journals, judged again by today's checks.";
  static override description = ledgerHelp();
  static override examples = [
    '<%= config.bin %> ledger rebuild .gameday --ledger s3://acme-gameday/ledger-2',
  ];
  static override args = { DIR: folderArg };
  static override flags = baseFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LedgerRebuild);
    const { rebuildLedger } = await import('../../ledger/service.ts');
    await rebuildLedger(args.DIR, flags, this.runner);
  }
}
