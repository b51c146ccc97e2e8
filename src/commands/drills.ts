import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import * as shared from '../cli/flags.ts';

export default class Drills extends BaseCommand {
  static override summary = 'List the drills in the output folder with their state and verdict.';
  static override description = exitCodesHelp();
  static override examples = ['<%= config.bin %> drills', '<%= config.bin %> drills --out drills --json'];
  static override flags = { json: shared.jsonFlag, out: shared.outFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(Drills);
    const { listDrills } = await import('../cli/stored.ts');
    await listDrills(flags.out, this.runner);
  }
}
