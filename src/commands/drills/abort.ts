import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';

export default class DrillsAbort extends BaseCommand {
  static override summary = 'Undo what a dead drill changed, and cancel its build.';
  static override description = `The drill's changes are undone and the build that it started is canceled; no task is stopped. The command first reads whether the drill's changes still stand; a value that somebody else has changed since is left as it is. Without --yes it refuses a drill that this machine's state directory (GAMEDAY_STATE_DIR) does not know, or whose journal names more calls than that state.`;
  static override examples = [
    '<%= config.bin %> drills abort 20260102-030405-beef',
    {
      description: "On any machine, without the drill's journal, by the tag of the service:",
      command: '<%= config.bin %> drills abort --cluster build-prod --service build-agents',
    },
  ];
  static override hiddenAliases = ['abort'];
  static override args = {
    DRILL: Args.string({ description: 'id of the drill, or its folder' }),
  };
  static override flags = {
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    verbose: shared.verboseFlag,
    yes: Flags.boolean({
      default: false,
      description:
        "trust the journal even if this machine's state directory does not know the drill; with --service: the drill has died, even if it could still run",
    }),
    cluster: Flags.string({
      description: 'cluster of --service',
      helpValue: 'NAME',
      env: 'GAMEDAY_CLUSTER',
    }),
    service: Flags.string({
      description: 'without DRILL: put back what a drill left on this service, as its tag gameday:undo says',
      helpValue: 'NAME|ARN',
      env: 'GAMEDAY_SERVICE',
    }),
    out: shared.outFlag,
    ledger: shared.ledgerFlag,
    notify: shared.notifyEndFlag,
    insecure: shared.insecureFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillsAbort);
    const { yes, insecure, out, reporter, notify, cluster = null, service = null } = flags;
    const runner = await this.runnerForDrills(reporter, flags);
    if (args.DRILL !== undefined) {
      const { goOnWithDrill: goOn } = await import('../../cli/go-on.ts');
      return goOn({ how: 'abort', drill: args.DRILL, variables: {}, yes, insecure, out, notify }, runner);
    }
    const { putBack } = await import('../../cli/put-back.ts');
    await putBack({ cluster, service, yes, insecure, notify }, runner);
  }
}
