import { BaseCommand } from '../cli/base-command.ts';
import { studyArgs, studyFlags } from '../study/options.ts';

export default class Study extends BaseCommand {
  static override summary = 'Measure a change: the same drills on a fleet before and after it.';
  static override description = `FOLDER contains a folder for each arm, such as before and after, with the scenario files of that arm. The table shows for each arm: the share of jobs lost among those that a stop hit, how long idle and busy workers drained, the builds killed by one deployment, and stopTimeout. The figures come from the checks of every drill whose stop is proven to have landed.

As with run, the worst exit code counts; a drill that must fail declares that with control.`;
  static override examples = [
    {
      description:
        'With scenarios in fleets/before and fleets/after, each played three times on this machine:',
      command: '<%= config.bin %> study --rig fleets --repeat 3 --markdown table.md',
    },
  ];
  static override args = studyArgs;
  static override flags = studyFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Study);
    const { runStudy: study } = await import('../study/service.ts');
    await study(args.FOLDER, flags, await this.runnerForDrills(flags.reporter, flags));
  }
}
