import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import * as shared from '../cli/flags.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes gameday in bash, zsh or fish.';
  static override description =
    'It completes commands, flags, values, files, shipped scenarios and ids of drills, and does not start gameday for that. Print it anew after an update.';
  static override examples = [
    { description: 'In ~/.bashrc:', command: 'eval "$(<%= config.bin %> completion bash)"' },
    { description: 'In ~/.zshrc, after compinit:', command: 'eval "$(<%= config.bin %> completion zsh)"' },
    {
      description: 'Once, for fish:',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/gameday.fish',
    },
  ];
  static override args = {
    SHELL: Args.string({ description: 'the shell', options: ['bash', 'zsh', 'fish'], required: true }),
  };
  static override flags = { json: shared.jsonFlag };

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const { printCompletion } = await import('../cli/completion/service.ts');
    await printCompletion(args.SHELL, this.config, this.runner);
  }
}
