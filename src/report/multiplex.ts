import type { Reporter } from './reporter.ts';

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
