import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import { studyArgs, studyFlags } from '../study/options.ts';

export default class Study extends BaseCommand {
  static override summary =
    'Run the same drills against a fleet before and after a change, and measure what the change was worth.';
  static override description = `FOLDER holds a folder for each arm, such as before and after, and each of them its scenario files. The table shows, for each arm, the share of jobs that were lost of those that a stop hit, how long idle and busy workers drained, the builds killed by one deployment, and stopTimeout: from the same checks as those of any drill, over drills whose stop is proven to have landed.

${exitCodesHelp()}

Of several drills the worst decides, as with run; a drill that must fail says so with control.`;
  static override examples = [
    {
      description: "See the incident's table in small numbers, on this machine alone:",
      command: '<%= config.bin %> study --rig scenarios/study/small',
    },
  ];
  static override args = studyArgs;
  static override flags = studyFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Study);
    const { study } = await import('../study/service.ts');
    await study(args.FOLDER, flags, await this.runnerWith(flags.reporter));
  }
}
