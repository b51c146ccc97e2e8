import { BaseCommand } from '../cli/base-command.ts';
import * as shared from '../cli/flags.ts';
import { doctorFlags, doctorHelp } from '../doctor/options.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'Ask the services what a drill would meet; nothing is changed.';
  static override description = doctorHelp();
  static override examples = [
    { description: 'Look at one scenario:', command: '<%= config.bin %> doctor drill.yaml' },
    { description: 'In a pipeline:', command: '<%= config.bin %> doctor drill.yaml --json' },
  ];
  static override args = { FILE: shared.files };
  static override flags = doctorFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Doctor);
    const { runDoctor } = await import('../doctor/service.ts');
    await runDoctor(args.FILE, flags, await this.runnerWith([], flags));
  }
}
