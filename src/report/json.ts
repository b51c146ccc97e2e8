import { toJson } from '../journal/escape.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';

/** The one document of `--json`. */
export function createJsonReporter(screen: Screen): Reporter {
  return {
    onDocument(document) {
      screen.write(`${toJson(document, 2)}\n`);
    },
  };
}
