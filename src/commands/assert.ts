import { Flags } from '@oclif/core';
import { assertionHelp } from '../cli/exit-codes.ts';
import { BaseCommand } from '../cli/base-command.ts';
import * as shared from '../cli/flags.ts';

export default class Assert extends BaseCommand {
  static override summary =
    'Judge a build that something else disturbed: a deployment, a scale-in, an instance refresh.';
  static override description = assertionHelp();
  static override examples = [
    '<%= config.bin %> assert --build acme/canary/17 --since 2026-01-02T03:04:05Z',
    '<%= config.bin %> assert --step integration',
  ];
  static override flags = {
    build: Flags.string({
      description: 'the build; in a Buildkite step the own one',
      helpValue: 'ORG/PIPELINE/NUMBER',
      env: 'GAMEDAY_BUILD',
    }),
    step: Flags.string({
      description: 'judge the jobs of this step key alone',
      helpValue: 'KEY',
      env: 'GAMEDAY_STEP',
    }),
    since: Flags.string({
      description: 'stops before this time do not count',
      helpValue: 'TIME',
      env: 'GAMEDAY_SINCE',
    }),
    task: Flags.string({
      description: 'a task to judge; else those that ran the jobs',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
      env: 'GAMEDAY_TASK',
    }),
    container: Flags.string({
      description: "name of the agent's container",
      helpValue: 'NAME',
      env: 'GAMEDAY_CONTAINER',
    }),
    'drain-within': Flags.string({
      description: 'a drain may take this long',
      helpValue: 'DURATION',
      env: 'GAMEDAY_DRAIN_WITHIN',
    }),
    within: Flags.string({
      description: 'wait this long for the end',
      helpValue: 'DURATION',
      default: '20m',
      env: 'GAMEDAY_WITHIN',
    }),
    'poll-every': Flags.string({
      description: 'how often to look',
      helpValue: 'DURATION',
      default: '2s',
      env: 'GAMEDAY_POLL_EVERY',
    }),
    json: shared.jsonFlag,
    out: shared.outFlag,
    insecure: shared.insecureFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Assert);
    const { assertBuild } = await import('../cli/assertion.ts');
    const { build, step, since, container, within, insecure, out } = flags;
    const tasks = flags.task ?? [];
    const waits = { within, pollEvery: flags['poll-every'], drainWithin: flags['drain-within'] };
    await assertBuild({ build, step, since, tasks, container, ...waits, insecure, out }, this.runner);
  }
}
