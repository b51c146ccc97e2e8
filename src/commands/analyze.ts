import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import * as shared from '../cli/flags.ts';

export default class Analyze extends BaseCommand {
  static override summary =
    "Judge a stored journal again, offline, with today's checks, and say whether the verdict differs.";
  static override description = `The exit code is that of today's verdict.

${exitCodesHelp()}`;
  static override examples = ['<%= config.bin %> analyze .gameday/20260102-030405-beef/journal.jsonl'];
  static override args = {
    JOURNAL: Args.string({ description: 'path of a journal, or id or folder of a drill', required: true }),
  };
  static override flags = {
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    out: shared.outFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Analyze);
    const { analyzeDrill: analyze } = await import('../cli/stored.ts');
    await analyze(args.JOURNAL, flags.out, await this.runnerWith(flags.reporter));
  }
}
