import { toJson } from '../journal/escape.ts';
import type { DrillEvent } from '../journal/events.ts';
import { traceIdOf } from '../model/trace.ts';
import type { DrillResult } from '../verdict/result.ts';
import { casesOfEnding, describeCase, judgeCase, measureCase, nameCases, type Kind } from './cases.ts';
import { createDocumentReporter, type DocumentMaker, type Ending } from './one-document.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { CLOCK } from './time-line.ts';
import { spansOf } from './traces.ts';

/** What Buildkite Test Engine imports: https://buildkite.com/docs/test-engine/importing-json. A drill is one test. */
export function createTestEngineReporter(screen: Screen): Reporter {
  return createDocumentReporter(screen, TEST_ENGINE);
}

/** `unknown` is that of a test which decided nothing; Test Engine shows skipped ones as harmless. */
const RESULT: Readonly<Record<Kind, 'passed' | 'failed' | 'skipped' | 'unknown'>> = {
  passed: 'passed',
  failure: 'failed',
  error: 'unknown',
  skipped: 'skipped',
};

/** Times in seconds since the epoch: each only has to be a number that does not fall. */
interface Span {
  readonly section: 'annotation';
  readonly start_at: number;
  readonly end_at: number;
  readonly duration: number;
  readonly detail: { readonly content: string };
}

const TEST_ENGINE: DocumentMaker<{
  readonly result: DrillResult;
  readonly took: number;
  readonly children: readonly Span[];
}> = {
  take: (result, journal) => ({
    result,
    took: measureCase(result, journal),
    children: childrenOf(result, journal),
  }),
  write(cases, ending) {
    const names = nameCases(cases.map(({ result }) => result));
    const tests = cases.map(({ result, took, children }, index) => ({
      ...testOf(result, names[index] ?? ''),
      history: { ...rangeOf(result.startedAt, result.startedAt + took), children },
    }));
    return `${toJson([...tests, ...testsOfEnding(ending)], 2)}\n`;
  },
};

function testOf(result: DrillResult, name: string): Readonly<Record<string, unknown>> {
  const { kind, reason, message } = judgeCase(result);
  const isExplained = kind === 'failure' || kind === 'error';
  return {
    id: uuidOf(result.drill),
    scope: result.file,
    name,
    location: result.file,
    file_name: result.file,
    result: RESULT[kind],
    ...(kind === 'passed' ? {} : { failure_reason: message }),
    ...(isExplained
      ? { failure_expanded: [{ expanded: describeCase(result).split('\n'), backtrace: [] }] }
      : {}),
    tags: tagsOf(result, reason),
  };
}

/** What kept the command from running drills, as tests that decided nothing. */
function testsOfEnding(ending: Ending): readonly Readonly<Record<string, unknown>>[] {
  return casesOfEnding(ending).map(({ name, message, next }) => ({
    scope: 'gameday',
    name,
    result: 'unknown',
    failure_reason: message,
    failure_expanded: [{ expanded: next === '' ? [] : [next], backtrace: [] }],
    history: rangeOf(0, 0),
  }));
}

/** By what Test Engine groups and filters. */
function tagsOf(result: DrillResult, reason: string): Readonly<Record<string, string>> {
  const all: Readonly<Record<string, string | null>> = {
    'gameday.drill': result.drill,
    'gameday.version': result.gameday,
    'gameday.fault': result.fault,
    'gameday.outcome': result.outcome,
    'gameday.reason': reason,
    'gameday.world': result.label ?? 'real',
    'aws.region': result.region,
    'ecs.cluster': result.cluster,
    'ecs.service': result.service,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
  );
}

/** What the drill did, and what happened to the worker, in order. */
function childrenOf(result: DrillResult, journal: readonly DrillEvent[]): readonly Span[] {
  const { startedAt, timeline } = result;
  const endedAt = startedAt + measureCase(result, journal);
  // Another clock than gameday's can show a time before the drill or after it; a span must lie within its test.
  const within = (at: number): number => Math.min(Math.max(at, startedAt), endedAt);
  const span = (content: string, start: number, end: number): Span => ({
    section: 'annotation',
    ...rangeOf(within(start), within(end)),
    detail: { content },
  });
  const [, ...phases] = spansOf(result, journal);
  return [
    ...phases.map(({ name, start, end }) => span(name, start, end)),
    ...timeline.map(({ said, at, clock }) =>
      span(clock === 'runner' ? said : `${said} (by ${CLOCK[clock]} clock)`, at, at),
    ),
  ].toSorted((a, b) => a.start_at - b.start_at);
}

/** A range in milliseconds since the epoch, in seconds. */
function rangeOf(start: number, end: number): Pick<Span, 'start_at' | 'end_at' | 'duration'> {
  return { start_at: start / 1000, end_at: end / 1000, duration: (end - start) / 1000 };
}

/** A UUID that follows from the drill's id, so that a report made again is the same: version 8, whose digits are free (RFC 9562, 5.8). */
function uuidOf(drill: string): string {
  const digits = traceIdOf(drill, null);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(12, 15)}`,
    `8${digits.slice(15, 18)}`,
    digits.slice(18, 30),
  ].join('-');
}
