import { BaseCommand } from '../../cli/base-command.ts';
import { baseFlags, foldersArg, ledgerHelp } from '../../ledger/options.ts';

export default class LedgerVerify extends BaseCommand {
  static override summary = 'Name the documents of the ledger that do not count.';
  static override description = ledgerHelp();
  static override examples = [
    '<%= config.bin %> ledger verify --ledger ledger',
    '<%= config.bin %> ledger verify .gameday --ledger ledger',
  ];
  static override args = { DIR: foldersArg };
  static override flags = baseFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LedgerVerify);
    const { verifyLedger } = await import('../../ledger/service.ts');
    await verifyLedger(args.DIR ?? [], flags, this.runner);
  }
}
