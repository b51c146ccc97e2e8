import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import * as shared from '../cli/flags.ts';

export default class Abort extends BaseCommand {
  static override summary =
    'Settle a drill whose runner was interrupted or died: strike nothing, cancel the build that it started.';
  static override description = exitCodesHelp();
  static override examples = ['<%= config.bin %> abort 20260102-030405-beef'];
  static override args = {
    DRILL: Args.string({ description: 'id of the drill, or its folder', required: true }),
  };
  static override flags = { json: shared.jsonFlag, out: shared.outFlag, insecure: shared.insecureFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Abort);
    const { goOn } = await import('../cli/go-on.ts');
    const { insecure, out } = flags;
    await goOn({ how: 'abort', drill: args.DRILL, variables: {}, yes: false, insecure, out }, this.runner);
  }
}
