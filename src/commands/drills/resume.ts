import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';
import { keepHeapSmall } from '../../cli/small-heap.ts';

export default class DrillsResume extends BaseCommand {
  static override summary = 'Continue a drill whose runner died, to its verdict.';
  static override description = `The scenario file is read again and must not have changed. A stop that was already sent is not sent again, unless it is proven that the first call did not land. Without --yes the command refuses a drill that this machine's state directory (GAMEDAY_STATE_DIR) does not know, or whose journal names more calls than that state.`;
  static override examples = ['<%= config.bin %> drills resume 20260102-030405-beef'];
  static override hiddenAliases = ['resume'];
  static override args = {
    DRILL: Args.string({ description: 'id of the drill, or its folder', required: true }),
  };
  static override flags = {
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    verbose: shared.verboseFlag,
    var: shared.varFlag,
    yes: shared.yesFlag,
    out: shared.outFlag,
    ledger: shared.ledgerFlag,
    notify: shared.notifyFlag,
    annotate: shared.annotateFlag,
    insecure: shared.insecureFlag,
  };

  async run(): Promise<void> {
    keepHeapSmall();
    const { args, flags } = await this.parse(DrillsResume);
    const { goOnWithDrill: goOn } = await import('../../cli/go-on.ts');
    const { yes, insecure, out, reporter, notify } = flags;
    const runner = await this.runnerForDrills(reporter, flags);
    const variables = shared.variablesOf(flags.var);
    await goOn({ how: 'resume', drill: args.DRILL, variables, yes, insecure, out, notify }, runner);
  }
}
