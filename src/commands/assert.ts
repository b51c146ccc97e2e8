import { assertionFlags, assertionHelp } from '../cli/assertion-flags.ts';
import { BaseCommand } from '../cli/base-command.ts';
import * as shared from '../cli/flags.ts';
import { keepHeapSmall } from '../cli/small-heap.ts';

export default class Assert extends BaseCommand {
  static override summary =
    'Judge a build that something else disturbed: a deployment, a scale-in, an instance refresh.';
  static override description = assertionHelp();
  static override examples = [
    '<%= config.bin %> assert --build acme/canary/17 --since 2026-01-02T03:04:05Z',
    '<%= config.bin %> assert --step integration',
  ];
  static override flags = {
    ...assertionFlags,
    json: shared.jsonFlag,
    reporter: shared.reporterFlag(),
    out: shared.outFlag,
    insecure: shared.insecureFlag,
  };

  async run(): Promise<void> {
    keepHeapSmall();
    const { flags } = await this.parse(Assert);
    const { assertBuild } = await import('../cli/assertion.ts');
    const { build, step, since, container, cluster, service, mapping, within, insecure, out } = flags;
    const tasks = flags.task ?? [];
    const waits = {
      ...{ within, pollEvery: flags['poll-every'] },
      ...{ drainWithin: flags['drain-within'], signalLag: flags['signal-lag'] },
    };
    const where = { container, cluster, service, mapping };
    const what = { build, step, since, tasks, require: flags.require };
    await assertBuild({ ...what, ...where, ...waits, insecure, out }, await this.runnerWith(flags.reporter));
  }
}
