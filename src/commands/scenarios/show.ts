import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';

export default class ScenariosShow extends BaseCommand {
  static override summary = 'Print a scenario that gameday ships, to begin your own with.';
  static override description =
    'The paths in it are relative to where it is shipped; `gameday scenarios list --json` names its file.';
  static override examples = ['<%= config.bin %> scenarios show @exec-form > drill.yaml'];
  static override args = {
    SCENARIO: Args.string({ description: 'name of the scenario, such as @exec-form', required: true }),
  };
  static override flags = { json: shared.jsonFlag };

  async run(): Promise<void> {
    const { args } = await this.parse(ScenariosShow);
    const { showScenario } = await import('../../cli/shipped-scenarios.ts');
    await showScenario(args.SCENARIO, this.runner);
  }
}
