import { BaseCommand } from '../../cli/base-command.ts';
import { ledgerHelp, listFlags } from '../../ledger/options.ts';

export default class LedgerList extends BaseCommand {
  static override summary = 'List the workers of the ledger with their trials.';
  static override description = ledgerHelp();
  static override examples = ['<%= config.bin %> ledger list --ledger ledger'];
  static override flags = listFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(LedgerList);
    const { listLedger } = await import('../../ledger/service.ts');
    await listLedger(flags, this.runner);
  }
}
