import type { DrillState } from '../state/state.ts';
import type { DrillEvent } from '../journal/events.ts';
import type { InputError } from '../scenario/problem.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';

/** A command's answer, as far as reporters read it. */
export interface ReportedAnswer {
  readonly outcome: string;
  readonly errors?: readonly InputError[];
}

/** Shows what happens; every method is optional. A reporter cannot change a drill. */
export interface Reporter {
  /** One event was written; the state is the one after it. */
  readonly onEvent?: (event: DrillEvent, state: DrillState) => void;
  /** One drill has ended; with its whole journal, of which earlier processes may have written a part. */
  readonly onResult?: (result: DrillResult, journal: readonly DrillEvent[]) => void;
  /** The game day has ended. */
  readonly onDocument?: (document: GameDayDocument) => void;
  /** The command has its answer, even if no drill was begun. Called once, whatever the outcome. */
  readonly onAnswer?: (answer: ReportedAnswer) => void;
  /** A prompt needs the screen: write nothing until `resume`. */
  readonly pause?: () => void;
  readonly resume?: () => void;
}

/** One reporter that calls many. If one throws, that is reported once, it is not called again, and the run goes on. */
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
    onResult: (result, journal) => tell((reporter) => reporter.onResult?.(result, journal)),
    onDocument: (document) => tell((reporter) => reporter.onDocument?.(document)),
    onAnswer: (answer) => tell((reporter) => reporter.onAnswer?.(answer)),
    pause: () => tell((reporter) => reporter.pause?.()),
    resume: () => tell((reporter) => reporter.resume?.()),
  };
}
