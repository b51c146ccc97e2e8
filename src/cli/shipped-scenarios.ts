import { readFile } from 'node:fs/promises';
import { GamedayError } from '../model/errors.ts';
import { wrap } from '../report/width.ts';
import { describeShipped, findShipped } from '../scenario/shipped.ts';
import { answerOf } from './exit-codes.ts';
import type { Runner } from './runner.ts';

/** Lists the scenarios that gameday ships, each with its title. */
export async function listScenarios(runner: Runner): Promise<void> {
  const scenarios = await describeShipped();
  const column = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  runner.finish(answerOf('listed', { scenarios }), (stdout) => {
    for (const { name, title } of scenarios) {
      const [first = '', ...rest] = wrap(title, Math.max(20, stdout.columns() - column));
      stdout.write(`${name.padEnd(column)}${first}\n`);
      for (const line of rest) stdout.write(`${' '.repeat(column)}${line}\n`);
    }
    stdout.write('\nRun one from anywhere: gameday run --rig @exec-form\n');
  });
}

/** Prints one of them as its file has it. */
export async function showScenario(named: string, runner: Runner): Promise<void> {
  const name = named.startsWith('@') ? named : `@${named}`;
  const file = await findShipped(name);
  if (typeof file !== 'string')
    throw new GamedayError('bad-input', file.message, {
      next: file.next ?? '`gameday scenarios` lists them.',
    });
  const text = await readFile(file, 'utf8');
  runner.finish(answerOf('listed', { name, file, text }), (stdout) => stdout.write(text));
}
