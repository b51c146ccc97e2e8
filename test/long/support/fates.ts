import type { Expected } from '../../e2e/support/case.ts';
import type { Fate } from './entries.ts';

/** What a fate is in a container's exit code, in a verdict and in words. */
export interface FateFacts {
  readonly exitCode: number;
  readonly expected: Expected;
  /** Seconds; short where the time-out has to be waited for. */
  readonly stopTimeout: number;
  /** Whether the step ends by itself once it was seen in flight. */
  readonly stepEnds: boolean;
  readonly words: string;
}

const passed: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
const unproven: Expected = { exit: 11, outcome: 'inconclusive', reason: 'drain-not-proven', sent: 1 };
const lost: Expected = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 };

/** Every fate's facts. */
export const fates: Readonly<Record<Fate, FateFacts>> = {
  graceful: {
    exitCode: 0,
    expected: passed,
    stopTimeout: 60,
    stepEnds: true,
    words: 'the agent drains',
  },
  // Which shell an image has is in no document either, and an agent of 3.78.0 does not report its stop.
  unshown: {
    exitCode: 0,
    expected: { ...unproven, says: [/whether that shell execs the agent is not known/] },
    stopTimeout: 60,
    stepEnds: true,
    words: 'the agent drains, and nothing shows that',
  },
  eaten: {
    exitCode: 137,
    expected: { ...lost, says: [/SIGTERM was eaten/, /at its stopTimeout of 3\.0 s/] },
    stopTimeout: 3,
    stepEnds: false,
    words: 'nobody hears it; SIGKILL at `stopTimeout`',
  },
  // What a trap does about the signal is in no document, so an agent that drained for too long would look the same.
  trapped: {
    exitCode: 137,
    expected: { ...lost, decided: false, says: [/SIGTERM may have been eaten/] },
    stopTimeout: 3,
    stepEnds: false,
    words: 'nobody hears it; SIGKILL at `stopTimeout`',
  },
  'wrapper-dies': {
    exitCode: 143,
    expected: { ...lost, cause: 'init-killed-wrapper', says: [/the wrapper died first/] },
    stopTimeout: 60,
    stepEnds: false,
    words: 'the shell dies of it at once, and the agent with it',
  },
  'ends-143': {
    exitCode: 143,
    expected: { ...passed, notes: [/trap wrapper/] },
    stopTimeout: 60,
    stepEnds: true,
    words: 'the shell passes it on, the agent drains',
  },
  canceled: {
    exitCode: 0,
    expected: {
      ...{ exit: 10, outcome: 'failed', reason: 'canceled-by-agent', sent: 1 },
      ...{ cause: 'told-twice', decided: 'by-version' },
    },
    stopTimeout: 60,
    stepEnds: false,
    words: 'the agent cancels its job',
  },
  'out-of-memory': {
    exitCode: 137,
    expected: {
      ...{ exit: 11, outcome: 'inconclusive', reason: 'out-of-memory', cause: 'out-of-memory', sent: 1 },
      says: [/OutOfMemoryError: Container killed due to memory usage/],
    },
    stopTimeout: 60,
    stepEnds: true,
    words: 'the agent drains until the kernel kills it',
  },
};
