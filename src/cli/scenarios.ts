import { escapeControls } from '../journal/escape.ts';
import { loadScenarios } from '../scenario/load.ts';
import { giveCommand } from './command-words.ts';
import { documentOf } from './exit-codes.ts';
import type { Runner } from './runner.ts';

/** Loads scenario files. Hides their secrets from here on, and warns of values that look like secrets but are not listed. */
export async function readScenarios(
  files: readonly string[],
  variables: Readonly<Record<string, string>>,
  { environment, output }: Runner,
): ReturnType<typeof loadScenarios> {
  const loaded = await loadScenarios(files, variables, environment);
  output.learn(loaded.scenarios.flatMap(({ secrets }) => secrets));
  for (const { file, unmarked } of loaded.scenarios) {
    for (const name of unmarked) {
      const line = `${file}: build.env.${name} looks like a secret and is not listed under \`secrets\`: the journal holds a digest of its value. List ${name} there to hide it everywhere.`;
      output.stderr.write(`${escapeControls(line)}\n`);
    }
  }
  return loaded;
}

/** Checks scenario files; contacts nothing and needs no setting. */
export async function validateScenarios(
  files: readonly string[],
  variables: Readonly<Record<string, string>>,
  words: readonly string[] | null,
  runner: Runner,
): Promise<void> {
  const { scenarios, errors } = giveCommand(await readScenarios(files, variables, runner), words, false);
  if (errors.length > 0) return runner.finish(documentOf('bad-input', errors));
  // Not `passed`: nothing was proven.
  runner.finish({ ...documentOf('planned', []), counts: { valid: scenarios.length } }, (stdout) => {
    for (const { file, scenario } of scenarios)
      stdout.write(`${escapeControls(`${file}: valid: ${scenario.title}`)}\n`);
  });
}
