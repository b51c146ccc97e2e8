import { BaseCommand } from '../cli/base-command.ts';
import { pipelineArgs, pipelineFlags, pipelineHelp } from '../pipeline/options.ts';

export default class PipelineCommand extends BaseCommand {
  static override summary = 'Print a Buildkite pipeline with a step for each scenario.';
  static override description = pipelineHelp();
  static override examples = [
    '<%= config.bin %> pipeline nightly/*.yaml --queue game-day | buildkite-agent pipeline upload',
  ];
  static override args = pipelineArgs;
  static override flags = pipelineFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PipelineCommand);
    const { printPipeline } = await import('../pipeline/service.ts');
    await printPipeline(args.FILE, flags, this.runner);
  }
}
