import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import * as shared from '../cli/flags.ts';

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
  static override args = {
    FOLDER: Args.string({ description: 'folder with a folder of scenarios for each arm', required: true }),
  };
  static override flags = {
    rig: shared.runFlags.rig,
    repeat: Flags.integer({
      description: 'how often each drill is run',
      default: 1,
      min: 1,
      max: 1000,
      env: 'GAMEDAY_REPEAT',
    }),
    markdown: Flags.string({
      description: 'write the table to a file, as Markdown',
      helpValue: 'FILE',
      env: 'GAMEDAY_MARKDOWN',
    }),
    yes: shared.yesFlag,
    json: shared.jsonFlag,
    var: shared.varFlag,
    out: shared.outFlag,
    agent: shared.agentFlag,
    executor: shared.executorFlag,
    insecure: shared.insecureFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Study);
    const { study } = await import('../study/service.ts');
    await study(
      {
        folder: args.FOLDER,
        repeat: flags.repeat,
        markdown: flags.markdown,
        variables: shared.variablesOf(flags.var),
        rig: flags.rig,
        agent: flags.agent,
        executor: flags.executor,
        dryRun: false,
        yes: flags.yes,
        insecure: flags.insecure,
        out: flags.out,
      },
      this.runner,
    );
  }
}
