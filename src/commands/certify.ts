import { BaseCommand } from '../cli/base-command.ts';
import { certifyFlags, certifyHelp } from '../certify/options.ts';
import { files } from '../cli/flags.ts';
import { keepHeapSmall } from '../cli/small-heap.ts';

export default class Certify extends BaseCommand {
  static override summary = 'Drill until a claim of a worker is decided: held, or refuted.';
  static override description = certifyHelp();
  static override examples = [
    '<%= config.bin %> certify --rig --ledger ./ledger --claim "lost-given-stop < 5 % at 95 %" @exec-form',
    '<%= config.bin %> certify --yes --ledger s3://game-days/ledger --claim "drains > 90 % at 95 %" --max 60 drill.yaml',
  ];
  static override args = { FILE: files };
  static override flags = certifyFlags;

  async run(): Promise<void> {
    keepHeapSmall();
    const { args, flags } = await this.parse(Certify);
    const { runCertify: certify } = await import('../certify/service.ts');
    await certify(args.FILE, flags, await this.runnerForDrills(flags.reporter, { annotate: flags.annotate }));
  }
}
