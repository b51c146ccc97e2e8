import { toJson } from '../journal/escape.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';

/** The one document of `--json`. */
export function createJsonReporter(screen: Screen): Required<Pick<Reporter, 'onAnswer'>> {
  return {
    onAnswer(answer) {
      screen.write(`${toJson(answer, 2)}\n`);
    },
  };
}
