import { escapeControls } from '../journal/escape.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { Runner } from './runner.ts';

/** Names every variable of `build.env` whose value looks like a secret and is not marked as one. */
export function warnOfUnmarked(scenarios: readonly LoadedScenario[], runner: Runner): void {
  for (const { file, unmarked } of scenarios) {
    for (const name of unmarked) {
      const line = `${file}: build.env.${name} looks like a secret and is not listed under \`secrets\`: its value is written as a digest. List ${name} there, and it is hidden everywhere.`;
      runner.output.stderr.write(`${escapeControls(line)}\n`);
    }
  }
}
