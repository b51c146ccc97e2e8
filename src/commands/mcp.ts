import { BaseCommand } from '../cli/base-command.ts';
import { mcpHelp } from '../mcp/options.ts';

export default class Mcp extends BaseCommand {
  static override summary = 'Serve an AI assistant (MCP): it plans drills and never starts one.';
  static override description = mcpHelp();
  static override examples = [
    { description: 'As the configuration of a client names it:', command: '<%= config.bin %> mcp' },
  ];

  async run(): Promise<void> {
    await this.parse(Mcp);
    const { serveAssistant } = await import('../mcp/service.ts');
    await serveAssistant(this.runner);
  }
}
