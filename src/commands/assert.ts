import { assertionFlags, assertionHelp } from '../assertion/options.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { keepHeapSmall } from '../cli/small-heap.ts';

export default class Assert extends BaseCommand {
  static override summary = 'Judge a build that something else disturbed, such as a deployment.';
  static override description = assertionHelp();
  static override examples = [
    '<%= config.bin %> assert --build acme/canary/17 --since 2026-01-02T03:04:05Z',
    '<%= config.bin %> assert --step integration',
  ];
  static override flags = assertionFlags;

  async run(): Promise<void> {
    keepHeapSmall();
    const { flags } = await this.parse(Assert);
    const { assertBuild } = await import('../assertion/service.ts');
    await assertBuild(flags, await this.runnerForDrills(flags.reporter, flags));
  }
}
