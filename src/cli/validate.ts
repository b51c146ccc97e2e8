import { escapeControls } from '../journal/escape.ts';
import { loadScenarios } from '../scenario/load.ts';
import { documentOf } from './documents.ts';
import type { Runner } from './runner.ts';
import { warnOfUnmarked } from './unmarked-secrets.ts';

/** Says of scenario files whether they can be drilled; nothing is contacted, and no setting is asked for. */
export async function validate(
  files: readonly string[],
  variables: Readonly<Record<string, string>>,
  runner: Runner,
): Promise<void> {
  const { scenarios, errors } = await loadScenarios(files, variables, runner.environment);
  runner.output.learn(scenarios.flatMap(({ secrets }) => secrets));
  warnOfUnmarked(scenarios, runner);
  if (errors.length > 0) return runner.finish(documentOf('bad-input', errors));
  if (!runner.json) {
    for (const { file, scenario } of scenarios) {
      runner.output.stdout.write(escapeControls(`${file}: valid: ${scenario.title}`) + '\n');
    }
  }
  // Not `passed`: nothing was proven.
  runner.finish({ ...documentOf('planned', []), counts: { valid: scenarios.length } });
}
