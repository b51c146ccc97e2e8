import { BaseCommand } from '../cli/base-command.ts';
import { iamArgs, iamFlags, iamHelp } from '../iam/options.ts';

export default class Iam extends BaseCommand {
  static override summary = 'Write the least IAM policy for scenarios, or find what was denied.';
  static override description = iamHelp();
  static override examples = [
    '<%= config.bin %> iam drill.yaml --account 123456789012',
    '<%= config.bin %> iam web.yaml tests.yaml --format terraform',
    '<%= config.bin %> iam --check 20260102-030405-beef',
  ];
  static override args = iamArgs;
  static override flags = iamFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Iam);
    const { runIam: iam } = await import('../iam/service.ts');
    await iam(args.FILE ?? [], flags, this.runner);
  }
}
