import { BaseCommand } from '../cli/base-command.ts';
import { exitCodesHelp } from '../cli/exit-codes.ts';
import { forecastFlags } from '../forecast/options.ts';

export default class Forecast extends BaseCommand {
  static override summary =
    'Say, from how long jobs take, what a stop would lose and what a deployment of the fleet would take.';
  static override description = `Nothing is stopped and nothing is started; with --pipeline, Buildkite is read. A forecast is no proof: a drill is.

${exitCodesHelp()}`;
  static override examples = [
    '<%= config.bin %> forecast --history scenarios/forecast/history.csv --task-definition scenarios/forecast/before.json',
    '<%= config.bin %> forecast --durations exponential:5m --stop-timeout 115s',
    '<%= config.bin %> forecast --pipeline canary --task-definition task.json --cache canary.jsonl --svg loss.svg --json',
  ];
  static override flags = forecastFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Forecast);
    const { foretell } = await import('../forecast/service.ts');
    await foretell(flags, this.runner);
  }
}
