import { BaseCommand } from '../../cli/base-command.ts';
import { baseFlags, foldersArg, ledgerHelp } from '../../ledger/options.ts';

export default class LedgerVerify extends BaseCommand {
  static override summary =
    'Read every document of the ledger and name those that do not count; with folders, compare it with their journals.';
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
