import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import * as shared from '../cli/flags.ts';

export default class Abort extends BaseCommand {
  static override summary =
    'Settle a drill whose runner was interrupted or died: stop nothing, undo what it changed, cancel the build that it started.';
  static override description = `What it changed and whether that still stands is looked up first; what somebody else has changed meanwhile is left as it is. A drill that the state of this machine does not know (GAMEDAY_STATE_DIR), or whose journal says that more was sent than it knows, is refused without --yes.

${exitCodesHelp()}`;
  static override examples = ['<%= config.bin %> abort 20260102-030405-beef'];
  static override args = {
    DRILL: Args.string({ description: 'id of the drill, or its folder', required: true }),
  };
  static override flags = {
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    yes: Flags.boolean({
      default: false,
      description: 'believe the journal also where the state of this machine does not know the drill',
    }),
    out: shared.outFlag,
    insecure: shared.insecureFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Abort);
    const { goOn } = await import('../cli/go-on.ts');
    const { yes, insecure, out, reporter } = flags;
    const runner = await this.runnerWith(reporter);
    await goOn({ how: 'abort', drill: args.DRILL, variables: {}, yes, insecure, out }, runner);
  }
}
