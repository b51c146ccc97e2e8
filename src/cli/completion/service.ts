import type { Interfaces } from '@oclif/core';
import { listShipped } from '../../scenario/shipped.ts';
import { answerOf } from '../exit-codes.ts';
import type { Runner } from '../runner.ts';
import { makeBashScript } from './bash.ts';
import { makeFishScript } from './fish.ts';
import { makeVocabulary, type Vocabulary } from './words.ts';
import { makeZshScript } from './zsh.ts';

/** The shells, each with what makes its script. */
const SCRIPTS: Readonly<Record<string, (vocabulary: Vocabulary) => string>> = {
  bash: makeBashScript,
  zsh: makeZshScript,
  fish: makeFishScript,
};

/** Prints the completion of a shell. */
export async function printCompletion(
  shell: string,
  config: Interfaces.Config,
  runner: Runner,
): Promise<void> {
  const scenarios = [...(await listShipped()).keys()].toSorted().map((name) => `@${name}`);
  const topics = new Map(config.topics.map(({ name, description = '' }) => [name, description]));
  const script = SCRIPTS[shell]?.(makeVocabulary(config.commands, topics, scenarios)) ?? '';
  runner.finish(answerOf('listed', { shell, script }), (stdout) => stdout.write(script));
}
