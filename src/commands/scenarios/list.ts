import { BaseCommand } from '../../cli/base-command.ts';
import * as shared from '../../cli/flags.ts';

export default class ScenariosList extends BaseCommand {
  static override summary = 'List the scenarios that gameday ships, with their titles.';
  static override description =
    'Each has a name that begins with @ and is understood wherever a scenario FILE is.';
  static override examples = ['<%= config.bin %> scenarios', '<%= config.bin %> scenarios list --json'];
  static override hiddenAliases = ['scenarios'];
  static override flags = { json: shared.jsonFlag };

  async run(): Promise<void> {
    await this.parse(ScenariosList);
    const { listScenarios } = await import('../../cli/shipped-scenarios.ts');
    await listScenarios(this.runner);
  }
}
