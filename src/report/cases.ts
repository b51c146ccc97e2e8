import { escapeControls } from '../journal/escape.ts';
import type { DrillEvent } from '../journal/events.ts';
import { countedOutcomeOf } from '../verdict/counted.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { Ending } from './one-document.ts';
import { sectionsOf } from './sections.ts';

// What every document for a reader of test results says: a drill is one test.

/** How a reader of tests calls an end. `error`: the test could not decide, which is never to be taken for a skipped one. */
export type Kind = 'passed' | 'failure' | 'error' | 'skipped';

const KIND: Readonly<Record<DrillResult['outcome'], Kind>> = {
  passed: 'passed',
  baseline: 'passed',
  'not-lost': 'passed',
  outlasted: 'passed',
  failed: 'failure',
  inconclusive: 'error',
  'could-not-run': 'error',
  internal: 'error',
  interrupted: 'error',
  'bad-input': 'error',
  refused: 'skipped',
  planned: 'skipped',
  aborted: 'skipped',
};

/** How a drill ended, as its game day counts it, and why in one line. */
export function judgeCase(result: DrillResult): {
  readonly kind: Kind;
  readonly reason: string;
  readonly message: string;
} {
  const { outcome, reason } = countedOutcomeOf(result);
  const message = `${outcome === reason ? outcome : `${outcome}: ${reason}`}: ${result.said}`;
  return { kind: KIND[outcome], reason, message };
}

/** Titles as names; drills of one scenario are numbered, for a reader takes two cases of one name for one. */
export function nameCases(results: readonly DrillResult[]): readonly string[] {
  const keys = results.map(({ file, title }) => `${file}\n${title}`);
  return results.map(({ title }, index) => {
    const of = keys.filter((key) => key === keys[index]).length;
    const nth = keys.slice(0, index + 1).filter((key) => key === keys[index]).length;
    return of === 1 ? title : `${title} (${String(nth)} of ${String(of)})`;
  });
}

/** The drill's sections, as text. */
export function describeCase(result: DrillResult): string {
  return sectionsOf(result)
    .map(({ title, items }) => [title, ...items.map(({ text }) => `  ${escapeControls(text)}`)].join('\n'))
    .join('\n\n');
}

/** Milliseconds from the plan to the last event. */
export function measureCase({ startedAt, endedAt }: DrillResult, journal: readonly DrillEvent[]): number {
  return Math.max(0, (endedAt ?? journal.at(-1)?.at ?? startedAt) - startedAt);
}

/** What kept the command from running drills: cases that are no drill's. */
export function casesOfEnding({ errors, isCut }: Ending): readonly {
  readonly name: string;
  readonly reason: string;
  readonly message: string;
  readonly next: string;
}[] {
  const all = [
    ...errors.map(({ at, message, next }) => ({
      reason: 'bad-input',
      message: `${at === null ? '' : `${at}: `}${message}`,
      next: next ?? '',
    })),
    ...(isCut
      ? [{ reason: 'interrupted', message: 'a signal ended the run before every drill had begun', next: '' }]
      : []),
  ];
  return all.map((one, index) => ({ name: `the run, error ${String(index + 1)}`, ...one }));
}
