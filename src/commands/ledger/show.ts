import { BaseCommand } from '../../cli/base-command.ts';
import { fingerprintArg, ledgerHelp, listFlags } from '../../ledger/options.ts';

export default class LedgerShow extends BaseCommand {
  static override summary = 'Show one worker of the ledger, and its drills.';
  static override description = ledgerHelp();
  static override examples = ['<%= config.bin %> ledger show 0a1b2c3d4e5f --ledger ledger'];
  static override args = { FINGERPRINT: fingerprintArg };
  static override flags = listFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LedgerShow);
    const { showWorker } = await import('../../ledger/service.ts');
    await showWorker(args.FINGERPRINT, flags, this.runner);
  }
}
