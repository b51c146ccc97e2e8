import { BaseCommand } from '../cli/base-command.ts';
import { splitCommand } from '../cli/command-words.ts';
import * as shared from '../cli/flags.ts';

export default class Validate extends BaseCommand {
  static override summary = 'Check scenario files: every error at once, with its place.';
  static override description = `Nothing is contacted, and no token is needed.`;
  static override examples = [
    '<%= config.bin %> validate @exec-form',
    '<%= config.bin %> validate drill.yaml --var BRANCH=main --json',
  ];
  static override args = { FILE: shared.files };
  static override flags = { json: shared.jsonFlag, var: shared.varFlag };

  async run(): Promise<void> {
    const { own, words } = splitCommand(this.argv);
    const { args, flags } = await this.parse(Validate, own);
    const { validateScenarios: validate } = await import('../cli/scenarios.ts');
    await validate(args.FILE, shared.variablesOf(flags.var), words, this.runner);
  }
}
