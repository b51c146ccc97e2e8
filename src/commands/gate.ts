import { BaseCommand } from '../cli/base-command.ts';
import { gateFlags, gateHelp } from '../gate/options.ts';

export default class Gate extends BaseCommand {
  static override summary = 'Ask the ledger whether drills show a claim of a worker.';
  static override description = gateHelp();
  static override examples = [
    {
      description: 'Before a deployment, for the definition that is about to be registered:',
      command:
        '<%= config.bin %> gate --ledger s3://game-days/ledger --task-definition task.json --claim "lost-given-stop < 5 % at 95 %" --within 30d',
    },
    {
      description: 'For what runs now:',
      command:
        '<%= config.bin %> gate --ledger ./ledger --cluster build-prod --service build-agents --claim "drains > 90 % at 95 %"',
    },
  ];
  static override flags = gateFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Gate);
    const { runGate: decide } = await import('../gate/service.ts');
    await decide(flags, this.runner);
  }
}
