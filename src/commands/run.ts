import { BaseCommand } from '../cli/base-command.ts';
import { splitCommand } from '../cli/command-words.ts';
import * as shared from '../cli/flags.ts';
import { keepHeapSmall } from '../cli/small-heap.ts';

/** How results are shown: of many drills no more than what is to be read. */
function layoutOf(flags: shared.RunFlags): 'plan' | 'side-by-side' | 'many' | 'closing' {
  if (flags['dry-run']) return 'plan';
  if (flags['side-by-side']) return 'side-by-side';
  return flags.parallel > 1 || flags.repeat > 1 ? 'many' : 'closing';
}

export default class Run extends BaseCommand {
  static override summary = 'Stop the task of a running step, and judge how its job ends.';
  static override description = `A drill starts a build or takes one that is running, stops the task that hosts its step in flight, and judges the job from what Buildkite and ECS show.

Every file is one drill, or as many as --repeat says; drills run one after another, or as many at the same time as --parallel says. With --rig, stand-ins with real workers take the place of Buildkite and ECS, and nothing else is contacted.

With several drills the worst exit code counts, in this order: 10, 1, 3, 4, 11, 0.`;
  static override examples = [
    {
      description: 'See a drain and a loss, on this machine only:',
      command: '<%= config.bin %> run --rig @exec-form @shell-form',
    },
    {
      description: 'See what a drill would touch, and whether the guards allow it:',
      command: '<%= config.bin %> run --dry-run drill.yaml',
    },
    {
      description: 'Run a drill from a pipeline:',
      command: '<%= config.bin %> run drill.yaml --yes --json --var BRANCH=main',
    },
    {
      description: 'Gate a release: run your own deployment while builds are in flight, and judge them:',
      command: '<%= config.bin %> run release.yaml --yes -- ./deploy.sh --to v42',
    },
  ];
  static override args = { FILE: shared.files };
  static override flags = shared.runFlags;

  async run(): Promise<void> {
    keepHeapSmall();
    const { own, words: command } = splitCommand(this.argv);
    const { args, flags } = await this.parse(Run, own);
    const { runGameDay: gameDay } = await import('../cli/game-day.ts');
    const layout = layoutOf(flags);
    const variables = shared.variablesOf(flags.var);
    const runner = await this.runnerForDrills(flags.reporter, flags);
    await gameDay({ ...flags, files: args.FILE, variables, layout, command }, runner);
  }
}
