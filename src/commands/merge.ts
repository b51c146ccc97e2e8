import { BaseCommand } from '../cli/base-command.ts';
import { mergeArgs, mergeFlags, mergeHelp } from '../merge/options.ts';

export default class Merge extends BaseCommand {
  static override summary = 'Make one result of the drills that the steps of a pipeline ran.';
  static override description = mergeHelp();
  static override examples = [
    '<%= config.bin %> merge gameday-shards --shard web-workers.yaml --shard test-workers.yaml',
  ];
  static override args = mergeArgs;
  static override flags = mergeFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Merge);
    const { mergeShards: merge } = await import('../merge/service.ts');
    await merge(args.DIR, flags, await this.runnerWith(flags.reporter, flags));
  }
}
