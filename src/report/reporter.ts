import type { DrillState } from '../state/state.ts';
import type { DrillEvent } from '../journal/events.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';

/** Someone who is told what happens; every method is optional. Nothing that it does changes a drill. */
export interface Reporter {
  /** One event was written; the state is the one after it. */
  readonly onEvent?: (event: DrillEvent, state: DrillState) => void;
  /** One drill came to its end. */
  readonly onResult?: (result: DrillResult) => void;
  /** The game day is over. */
  readonly onDocument?: (document: GameDayDocument) => void;
  /** The command has its answer, also where no drill was begun: told once, at every ending. */
  readonly onAnswer?: (answer: object) => void;
  /** Somebody else needs the screen (a prompt): stand back until `resume`. */
  readonly pause?: () => void;
  readonly resume?: () => void;
}

/** Tells many reporters; one that throws is noted once and not asked again, and the run goes on. */
export function multiplex(
  reporters: readonly Reporter[],
  onFailure: (error: unknown) => void,
): Required<Reporter> {
  const broken = new Set<Reporter>();
  function tell(say: (reporter: Reporter) => void): void {
    for (const reporter of reporters) {
      if (broken.has(reporter)) continue;
      try {
        say(reporter);
      } catch (error) {
        broken.add(reporter);
        onFailure(error);
      }
    }
  }
  return {
    onEvent: (event, state) => tell((reporter) => reporter.onEvent?.(event, state)),
    onResult: (result) => tell((reporter) => reporter.onResult?.(result)),
    onDocument: (document) => tell((reporter) => reporter.onDocument?.(document)),
    onAnswer: (answer) => tell((reporter) => reporter.onAnswer?.(answer)),
    pause: () => tell((reporter) => reporter.pause?.()),
    resume: () => tell((reporter) => reporter.resume?.()),
  };
}
