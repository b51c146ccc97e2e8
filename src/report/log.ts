import { painter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { stamp } from './text.ts';
import { createNarrator } from './words.ts';

/** Plain lines with time stamps, for logs: nothing is ever rewritten. */
export function createLogReporter(screen: Screen): Reporter {
  const narrate = createNarrator();
  const paint = painter(screen.colors);
  return {
    onEvent(event) {
      for (const { text, tone } of narrate(event)) {
        screen.write(`${paint(stamp(event.at), 'quiet')} ${paint(text, tone)}\n`);
      }
    },
  };
}
