import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';

export default class DrillsReport extends BaseCommand {
  static override summary = 'Make reports from stored drills: for CI, for a ticket, for a web page.';
  static override description = `Without DRILL it is the last one of the output folder; without --reporter, Markdown on stdout. Nothing is contacted and nothing is judged again: each drill has the verdict that it got.

Exit codes:
    0  written, whatever the verdicts are
    2  bad input: there is no such drill, its journal cannot be read, or a file cannot be written
    4  could not run: a report could not be written to its end`;
  static override examples = [
    '<%= config.bin %> drills report',
    '<%= config.bin %> drills report 20260102-030405-beef --reporter junit=junit.xml',
    {
      description: 'One report of all drills whose artifacts were downloaded:',
      command: '<%= config.bin %> drills report artifacts --reporter markdown=drills.md',
    },
  ];
  static override args = {
    DRILL: Args.string({
      description: 'ids of drills in the output folder, their folders or journals, or a folder of many',
      multiple: true,
    }),
  };
  static override flags = {
    last: Flags.boolean({ default: false, description: 'the last drill of the output folder' }),
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    annotate: shared.annotateFlag,
    out: shared.outFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrillsReport);
    const { reportDrills } = await import('../../cli/report-drills.ts');
    const asked = flags.reporter ?? (this.wantsJson ? [] : [{ name: 'markdown', file: null } as const]);
    await reportDrills(args.DRILL ?? [], flags, await this.runnerWith(asked, flags));
  }
}
