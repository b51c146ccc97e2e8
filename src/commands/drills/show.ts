import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';
import { storedHelp } from '../../ledger/options.ts';

export default class DrillsShow extends BaseCommand {
  static override summary = 'Show all that a stored drill did, saw and concluded.';
  static override description = `Without DRILL it is the last one of the output folder. Nothing is judged again: that is \`drills judge\`.

${storedHelp()}`;
  static override examples = [
    '<%= config.bin %> drills show',
    '<%= config.bin %> drills show 20260102-030405-beef --json',
  ];
  static override args = {
    DRILL: Args.string({ description: 'id of the drill, or its folder or journal' }),
  };
  static override flags = { json: shared.jsonFlag, out: shared.outFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillsShow);
    const { showDrill } = await import('../../cli/stored.ts');
    await showDrill(args.DRILL, flags.out, this.runner);
  }
}
