import { describe, expect, it } from 'vitest';
import { listChanges } from '../../src/ledger/diff.ts';
import { listSilences } from '../../src/ledger/silence.ts';
import { listTrends, summarizeWorkers } from '../../src/ledger/trend.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { changeLines, trendLines } from '../../src/ledger/report.ts';
import { NOON } from '../support/builders.ts';
import { aDocument, LOST_ONE, NOT_TRIED, WORKER } from '../support/ledger-documents.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const INCONCLUSIVE: Parameters<typeof aDocument>[0] = {
  ...{ outcome: 'inconclusive', reason: 'drain-not-proven' },
  ...{ lostGivenStop: 'undecided', drains: 'undecided', drainMs: null },
};

const silencesOf = (
  documents: readonly LedgerDocument[],
  now: number,
  limit = 5,
  asked: readonly string[] = [],
) => listSilences(listTrends(documents, now), limit, asked, 'real');

describe('the nights of a service', () => {
  it('are counted by what their drills came to, with the median drain', () => {
    const outlasted = {
      outcome: 'outlasted',
      reason: 'outlasted',
      drains: 'outlasted',
      drainMs: 9_000,
    } as const;
    const [trend] = listTrends(
      [
        aDocument({ drainMs: 20_000 }),
        aDocument({ drainMs: 30_000 }),
        aDocument(outlasted),
        aDocument(LOST_ONE),
        aDocument(INCONCLUSIVE),
        aDocument(NOT_TRIED),
        aDocument({ at: NOON + DAY, drainMs: 10_000 }),
        aDocument({ at: NOON + DAY, drainMs: 20_000 }),
      ],
      NOON + DAY,
    );
    expect(trend?.nights).toEqual([
      {
        ...{ day: '2026-11-24', drills: 6, drained: 2, outlasted: 1, failed: 1, inconclusive: 1, other: 1 },
        medianDrain: 20_000,
      },
      {
        ...{ day: '2026-11-25', drills: 2, drained: 2, outlasted: 0, failed: 0, inconclusive: 0, other: 0 },
        medianDrain: 15_000,
      },
    ]);
  });

  it('are those of one service in one cluster and one world', () => {
    const trends = listTrends(
      [aDocument(), aDocument({ service: 'gpu' }), aDocument({ cluster: 'b' }), aDocument({ world: 'rig' })],
      NOON,
    );
    expect(trends.map(({ world, cluster, service }) => [world, cluster, service])).toEqual([
      ['real', 'b', 'build-agents'],
      ['real', 'build-prod', 'build-agents'],
      ['real', 'build-prod', 'gpu'],
      ['rig', 'build-prod', 'build-agents'],
    ]);
  });

  it('are shown to people, the last ones only', () => {
    const documents = [0, 1, 2].map((night) => aDocument({ at: NOON + night * DAY }));
    expect(trendLines(listTrends(documents, NOON + 2 * DAY), 2)).toEqual([
      '',
      'build-agents in build-prod',
      '  1 night before',
      '  2026-11-25  1 drained, 0 outlasted, 0 failed, 0 inconclusive, median drain 21.0 s',
      '  2026-11-26  1 drained, 0 outlasted, 0 failed, 0 inconclusive, median drain 21.0 s',
    ]);
  });
});

describe('the alarm', () => {
  /** A proof in the first night, and then nights that prove nothing. */
  const weak = (nights: number, over: object): LedgerDocument[] => [
    aDocument(),
    ...Array.from({ length: nights }, (_, night) => aDocument({ ...over, at: NOON + (night + 1) * DAY })),
  ];

  it.each([
    ['refused', NOT_TRIED],
    ['inconclusive', INCONCLUSIVE],
  ])('is raised by so many %s nights', (_what, over) => {
    expect(silencesOf(weak(4, over), NOON + 4 * DAY + HOUR)).toEqual([]);
    expect(silencesOf(weak(5, over), NOON + 5 * DAY + HOUR)).toMatchObject([
      { nights: 5, service: 'build-agents' },
    ]);
  });

  it('is raised where nothing ran at all', () => {
    expect(silencesOf([aDocument()], NOON + 4 * DAY)).toEqual([]);
    const [silence] = silencesOf([aDocument()], NOON + 5 * DAY);
    expect(silence?.said).toBe(
      'build-agents in build-prod: 5 nights without a drill that decided anything (the last one on 2026-11-24; no drill since)',
    );
    expect(silencesOf([], NOON)).toEqual([
      { service: null, cluster: null, nights: null, said: 'there is no drill on real services at all' },
    ]);
  });

  it('is not raised by a failure, which is evidence', () => {
    expect(silencesOf([aDocument({ ...LOST_ONE, at: NOON + 4 * DAY })], NOON + 5 * DAY)).toEqual([]);
  });

  it('is raised for a service though others are well, and for one that is asked for and has no drill', () => {
    const other = aDocument({ service: 'gpu', at: NOON + 9 * DAY });
    expect(silencesOf([aDocument(), other], NOON + 9 * DAY)).toMatchObject([{ service: 'build-agents' }]);
    expect(silencesOf([other], NOON + 9 * DAY, 5, ['gpu', 'arm'])).toMatchObject([
      { service: 'arm', said: 'service arm has no drill on real services at all' },
    ]);
  });

  it('counts from the first drill where none ever decided anything', () => {
    const never = [0, 1, 2, 3, 4].map((night) => aDocument({ ...NOT_TRIED, at: NOON + night * DAY }));
    expect(silencesOf(never.slice(0, 4), NOON + 3 * DAY)).toEqual([]);
    expect(silencesOf(never, NOON + 4 * DAY)).toMatchObject([
      {
        nights: 5,
        said: expect.stringContaining(
          'none has ever decided anything; since then 0 inconclusive and 5',
        ) as string,
      },
    ]);
  });

  it('takes a nightly drill that is late, or an hour off as clocks change, for the same night', () => {
    // At 02:30 local time every night; the clocks change in between.
    for (const off of [-HOUR, 0, HOUR, -5 * HOUR, 5 * HOUR]) {
      expect(silencesOf(weak(4, INCONCLUSIVE), NOON + 4 * DAY + off)).toEqual([]);
      expect(silencesOf(weak(4, INCONCLUSIVE), NOON + 5 * DAY + off)).toHaveLength(1);
    }
  });

  it('takes no proof from the future: the clock of that runner was wrong', () => {
    const ahead = aDocument({ at: NOON + 400 * DAY });
    const now = NOON + 5 * DAY;
    expect(silencesOf([aDocument(), ahead], now)).toHaveLength(1);
    expect(listTrends([aDocument(), ahead], now)).toMatchObject([{ ahead: 1, lastProofDay: '2026-11-24' }]);
    expect(trendLines(listTrends([ahead], now), 9).at(-1)).toContain('1 drill dated in the future');
  });
});

describe('the workers of a ledger', () => {
  it('have their trials counted; drills without a worker come last', () => {
    const workers = summarizeWorkers([
      aDocument(NOT_TRIED),
      aDocument(),
      aDocument({ ...LOST_ONE, at: NOON + DAY }),
      aDocument(INCONCLUSIVE),
    ]);
    expect(workers).toMatchObject([
      {
        ...{ drills: 3, proven: 3, lost: 1, drained: 1, outlasted: 0, notDrained: 1, undecided: 1 },
        ...{ first: '2026-11-24', last: '2026-11-25', services: ['build-agents'] },
      },
      { fingerprint: 'unknown', drills: 1, proven: 0 },
    ]);
  });

  it('are compared in words, with the drills that no longer count', () => {
    const [agent] = WORKER.containers;
    if (agent === undefined) throw new Error('no container');
    const shorter = { ...WORKER, containers: [{ ...agent, stopTimeout: 60_000 }] };
    const changes = listChanges(WORKER, shorter);
    expect(changes).toEqual(['stopTimeout of agent 2 min 0 s -> 1 min 0 s']);
    expect(changeLines({ from: 'a'.repeat(64), to: 'b'.repeat(64), changes, drills: 41, own: 3 })).toEqual([
      'stopTimeout of agent 2 min 0 s -> 1 min 0 s: 41 drills no longer count',
      'bbbbbbbbbbbb has 3 drills of its own.',
    ]);
  });

  it('are compared in every part', () => {
    const [agent] = WORKER.containers;
    if (agent === undefined) throw new Error('no container');
    const image = { digest: null, reference: 'team/worker:8' };
    const other = {
      ...({ launch: 'ec2', platform: null, fault: 'scale-in' } as const),
      agent: { container: 'worker', version: null },
      containers: [
        {
          ...{ ...agent, image, init: true, essential: false, stopTimeout: null },
          ...{ entryPoint: ['sh', '-c'], command: [], settings: { BUILDKITE_AGENT_SPAWN: '2' } },
          dependsOn: { gateway: 'START' },
        },
        { ...agent, name: 'gateway' },
      ],
    };
    expect(listChanges(WORKER, other)).toEqual([
      'launch type fargate -> ec2',
      'platform LINUX -> (not known)',
      "agent's container agent -> worker",
      "agent's version 3.138.0 -> (not known)",
      'fault stop-task -> scale-in',
      'image of agent sha256:aaaaaaaaaaaa -> team/worker:8 (digest not known)',
      'entryPoint of agent (none) -> ["sh","-c"]',
      'command of agent ["buildkite-agent","start"] -> (none)',
      'BUILDKITE_AGENT_SPAWN of agent (not set) -> 2',
      "stopTimeout of agent 2 min 0 s -> (the host's)",
      'essential of agent true -> false',
      'initProcessEnabled of agent false -> true',
      'dependsOn of agent (none) -> gateway START',
      'container gateway is new',
    ]);
    expect(listChanges(WORKER, WORKER)).toEqual([]);
  });
});
