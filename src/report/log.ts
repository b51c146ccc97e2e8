import { escapeControls } from '../journal/escape.ts';
import { createPainter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { formatInstant } from './text.ts';
import { createNarrator } from './words.ts';

/** Plain lines with time stamps, for logs; nothing is rewritten. With several drills each line begins with its title. */
export function createLogReporter(screen: Screen, whose?: string): Reporter {
  const narrate = createNarrator();
  const paint = createPainter(screen.colors);
  const of = whose === undefined ? '' : `${paint(escapeControls(whose), 'loud')}: `;
  return {
    onEvent(event) {
      for (const { text, tone } of narrate(event)) {
        screen.write(`${paint(formatInstant(event.at), 'quiet')} ${of}${paint(text, tone)}\n`);
      }
    },
  };
}
