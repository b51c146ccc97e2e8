import { BaseCommand } from '../../cli/base-command.ts';
import { fingerprintArg, ledgerHelp, listFlags } from '../../ledger/options.ts';

export default class LedgerDiff extends BaseCommand {
  static override summary = 'Say what differs between two workers of the ledger.';
  static override description = ledgerHelp();
  static override examples = ['<%= config.bin %> ledger diff 0a1b2c3d4e5f 99aa88bb77cc --ledger ledger'];
  static override args = { A: fingerprintArg, B: fingerprintArg };
  static override flags = listFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LedgerDiff);
    const { compareWorkers } = await import('../../ledger/service.ts');
    await compareWorkers([args.A, args.B], flags, this.runner);
  }
}
