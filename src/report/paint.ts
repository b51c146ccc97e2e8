import pc from 'picocolors';

/** The tone of a line, from which its colour follows. */
export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'quiet' | 'loud';

/** Colours a text by its tone; with colours off the text stays as it is. */
export type Paint = (text: string, tone: Tone) => string;

/** The painter of a screen. */
export function createPainter(colors: boolean): Paint {
  const on = pc.createColors(colors);
  const by: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    good: on.green,
    bad: on.red,
    warn: on.yellow,
    quiet: on.dim,
    loud: on.bold,
  };
  return (text, tone) => by[tone](text);
}

/** The tone of an outcome. */
export function toneOf(outcome: string): Tone {
  if (outcome === 'passed') return 'good';
  if (outcome === 'failed' || outcome === 'internal') return 'bad';
  if (['planned', 'baseline', 'not-lost', 'outlasted', 'aborted'].includes(outcome)) return 'loud';
  return 'warn';
}

/** One entry of a section; its further lines are indented by `hang` columns. */
export interface Item {
  readonly text: string;
  readonly hang: number;
  readonly tone: Tone;
}

export function makeItem(text: string, tone: Tone = 'plain', hang = 2): Item {
  return { text, hang, tone };
}

/** ` (events 5, 13)`, the events that a text rests on; empty where there are none. */
export function sayEvents(events: readonly number[]): string {
  if (events.length === 0) return '';
  return ` (event${events.length === 1 ? '' : 's'} ${events.join(', ')})`;
}
