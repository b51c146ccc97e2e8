import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';
import { storedHelp } from '../../ledger/options.ts';

const drillArg = Args.string({
  description: 'id of a drill, or its folder or journal',
  required: true,
});

export default class DrillsCompare extends BaseCommand {
  static override summary = 'Lay two drills side by side, and say what differs.';
  static override description = storedHelp();
  static override examples = ['<%= config.bin %> drills compare 20260102-030405-beef 20260103-030405-cafe'];
  static override args = { A: drillArg, B: drillArg };
  static override flags = { json: shared.jsonFlag, out: shared.outFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillsCompare);
    const { compareDrills } = await import('../../ledger/journals.ts');
    await compareDrills([args.A, args.B], flags.out, this.runner);
  }
}
