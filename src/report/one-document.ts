import type { DrillEvent } from '../journal/events.ts';
import type { InputError } from '../scenario/problem.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';

/** How the command ended, beside its drills. */
export interface Ending {
  /** Why no drill was begun, or no further one. */
  readonly errors: readonly InputError[];
  /** Whether a signal ended it between two drills, so that there may be fewer of them than were asked for. */
  readonly isCut: boolean;
}

/** Makes one document of one or many drills. Both functions are pure, so that a stored journal gives the same document. */
export interface DocumentMaker<Part> {
  /** What the document needs of one drill; its journal, which can be large, is let go then. */
  readonly take: (result: DrillResult, journal: readonly DrillEvent[]) => Part;
  /** The whole document; the drills are in the order in which they were begun. */
  readonly write: (parts: readonly Part[], ending: Ending) => string;
}

/** A reporter that writes one document, once, when the command has its answer. */
export function createDocumentReporter<Part>(screen: Screen, maker: DocumentMaker<Part>): Reporter {
  const drills: { readonly result: DrillResult; readonly part: Part }[] = [];
  return {
    onResult(result, journal) {
      drills.push({ result, part: maker.take(result, journal) });
    },
    onAnswer({ outcome, errors = [] }) {
      const parts = drills.toSorted((a, b) => compareBegin(a.result, b.result)).map(({ part }) => part);
      const isTold = drills.some(({ result }) => result.outcome === 'interrupted');
      screen.write(maker.write(parts, { errors, isCut: outcome === 'interrupted' && !isTold }));
    },
  };
}

function compareBegin(a: DrillResult, b: DrillResult): number {
  return a.startedAt - b.startedAt || (a.drill < b.drill ? -1 : 1);
}
