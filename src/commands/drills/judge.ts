import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';

export default class DrillsJudge extends BaseCommand {
  static override summary = "Judge a stored drill again, offline, with today's checks.";
  static override description = `The exit code is that of today's verdict.`;
  static override examples = ['<%= config.bin %> drills judge .gameday/20260102-030405-beef/journal.jsonl'];
  static override hiddenAliases = ['analyze'];
  static override args = {
    DRILL: Args.string({ description: 'id of the drill, or its folder or journal', required: true }),
  };
  static override flags = {
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    verbose: shared.verboseFlag,
    out: shared.outFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillsJudge);
    const { judgeAgain } = await import('../../cli/stored.ts');
    await judgeAgain(args.DRILL, flags.out, await this.runnerWith(flags.reporter, flags));
  }
}
