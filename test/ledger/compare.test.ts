import { describe, expect, it } from 'vitest';
import { compareResults, type Compared } from '../../src/ledger/compare.ts';
import { comparedLines } from '../../src/ledger/report.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { drainedResult, lostResult } from '../report/results.ts';
import { WORKER } from '../support/ledger-documents.ts';

const [agent] = WORKER.containers;
const SHORTER = { ...WORKER, containers: agent === undefined ? [] : [{ ...agent, stopTimeout: 2_000 }] };
const WINDOW: DrillResult['stopWindow'] = {
  ...{ ms: 20_000, chain: [], limit: null, cut: [] },
  agent: { signalled: 5_000, killed: 25_000 },
};
const DRAINED: Compared = {
  result: drainedResult({ drain: { ms: 4_700, atMost: 10_000, by: 'ecs' }, stopWindow: WINDOW }),
  ...{ worker: WORKER, leftMs: 3_000 },
};
const LOST: Compared = {
  result: lostResult({ drain: null, stopWindow: { ...WINDOW, agent: { signalled: 5_000, killed: 7_000 } } }),
  ...{ worker: SHORTER, leftMs: null },
};

describe('two drills', () => {
  it('differ in the worker, the verdict with its checks, and the times', () => {
    const { worker, verdict, times } = compareResults(LOST, DRAINED);
    expect(worker).toEqual(['stopTimeout of agent 2.0 s -> 2 min 0 s']);
    expect(verdict).toContain('verdict failed: lost -> passed: drained');
    expect(verdict).toContain('check no-job-lost no -> yes');
    expect(verdict.filter((line) => line.startsWith('cause '))).toEqual([
      expect.stringMatching(/-> \(none\)$/),
    ]);
    expect(times).toEqual([
      'drain (not measured) -> 4.7 s',
      'left of the job at the stop (not measured) -> 3.0 s',
      "the agent's container is killed after 2.0 s -> 20.0 s",
    ]);
  });

  it('that are equal differ in nothing, and it is said so of each part', () => {
    const same = compareResults(DRAINED, DRAINED);
    expect(same).toEqual({ worker: [], verdict: [], times: [] });
    expect(comparedLines(same, false).filter((line) => line === '  no difference')).toHaveLength(3);
  });

  it('of which one ended before its worker was known are not said to have the same worker', () => {
    const unknown = compareResults(DRAINED, { ...DRAINED, worker: null });
    expect(unknown.worker).toBeNull();
    expect(comparedLines(unknown, false).slice(0, 2)).toEqual([
      'Differs in the worker',
      '  not known of both drills',
    ]);
  });
});
