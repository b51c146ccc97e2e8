import { escapeControls } from '../journal/escape.ts';
import type { Phase } from '../state/state.ts';
import { createPainter, toneOf } from './paint.ts';
import { progressLines } from './progress-lines.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { formatInstant } from './text.ts';
import { createNarrator } from './words.ts';

/** How a log is laid out where it is read. */
export interface LogView {
  /** With several drills each line begins with its title. */
  readonly whose?: string | undefined;
  /** Whether a terminal shows it, so that lines are to be broken at spaces. */
  readonly wraps?: boolean;
  /** Whether it is the log of a Buildkite job, which folds the lines below `---` and shows those below `+++`. */
  readonly groups?: boolean;
}

/** The name of the group of each phase; a drill's end has one of its own. */
const GROUPS: Readonly<Record<Exclude<Phase, 'judged'>, string>> = {
  planned: 'plan and guards',
  gated: 'plan and guards',
  building: 'build and trigger',
  armed: 'build and trigger',
  aiming: 'injection',
  injecting: 'injection',
  observing: 'watch',
  settling: 'watch',
};

/** Plain lines with time stamps, for logs; nothing is rewritten. */
export function createLogReporter(screen: Screen, view: LogView = {}): Reporter {
  const narrate = createNarrator();
  const paint = createPainter(screen.colors);
  const { whose, wraps = false, groups = false } = view;
  const of = whose === undefined ? '' : `${escapeControls(whose)}: `;
  let open = '';
  function openGroup(sign: '---' | '+++', name: string): void {
    if (name === open) return;
    open = name;
    screen.write(`${sign} ${escapeControls(name)}\n`);
  }
  return {
    onEvent(event, { phase, plan }) {
      // Drills at the same time write between each other's lines.
      if (groups && whose === undefined && phase !== 'judged')
        openGroup('---', `${plan.scenario.title}: ${GROUPS[phase]}`);
      for (const sentence of narrate(event)) {
        const columns = wraps ? screen.columns() : null;
        for (const line of progressLines(formatInstant(event.at), sentence, paint, columns, of))
          screen.write(`${line}\n`);
      }
    },
    onResult({ title, outcome, reason }) {
      if (!groups || whose !== undefined) return;
      const tone = toneOf(outcome);
      // It opens the group before it: how it came to this is to be seen without a click.
      if (tone === 'bad' || tone === 'warn') screen.write('^^^ +++\n');
      openGroup('+++', `${title}: ${outcome}${reason === outcome ? '' : `: ${reason}`}`);
    },
    onDocument({ drills, outcome }) {
      if (groups && drills.length > 1) openGroup('+++', `${String(drills.length)} drills: ${outcome}`);
    },
  };
}
