import { BaseCommand } from '../cli/base-command.ts';
import { forecastFlags } from '../forecast/options.ts';

export default class Forecast extends BaseCommand {
  static override summary = 'Forecast what a stop would lose, from the durations of your jobs.';
  static override description = `It also says how long a deployment of the fleet would take. Nothing is stopped or started; with --pipeline, Buildkite is read. A forecast proves nothing; only a drill does.`;
  static override examples = [
    '<%= config.bin %> forecast --history jobs.csv --task-definition task.json',
    '<%= config.bin %> forecast --durations exponential:5m --stop-timeout 115s',
    '<%= config.bin %> forecast --pipeline canary --task-definition task.json --cache canary.jsonl --svg loss.svg --json',
  ];
  static override flags = forecastFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Forecast);
    const { runForecast: foretell } = await import('../forecast/service.ts');
    await foretell(flags, this.runner);
  }
}
