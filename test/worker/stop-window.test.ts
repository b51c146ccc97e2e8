import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureStopWindow } from '../../src/worker/stop-window.ts';
import { LAUNCH_TYPES, readNamedLaunch, launchOfTask, type Launch } from '../../src/worker/launch.ts';
import type { ContainerDefinition } from '../../src/model/entities/task.ts';
import { aContainerDefinition } from '../support/builders.ts';

const EC2 = readNamedLaunch('EC2');
const FARGATE = readNamedLaunch('FARGATE');
const SPOT = readNamedLaunch('FARGATE_SPOT');

const chain = [
  aContainerDefinition({ name: 'agent', dependsOn: ['gateway'], stopTimeout: 100_000 }),
  aContainerDefinition({ name: 'gateway', dependsOn: ['router'], stopTimeout: 10_000 }),
  aContainerDefinition({ name: 'router', stopTimeout: null }),
  aContainerDefinition({ name: 'other', stopTimeout: 90_000 }),
];

describe('the stop window', () => {
  test('adds the stop time-outs up along the reversed chain, 30 s where none is given', () => {
    expect(measureStopWindow(chain, 'agent', FARGATE)).toEqual({
      ms: 140_000,
      chain: [
        { container: 'agent', ms: 100_000, by: 'definition' },
        { container: 'gateway', ms: 10_000, by: 'definition' },
        { container: 'router', ms: 30_000, by: 'default' },
      ],
      agent: { signalled: 0, killed: 100_000, granted: 100_000, ceiling: 120_000, whole: 140_000 },
      limit: null,
      cut: [],
    });
  });

  test('takes the longest of chains that are stopped at the same time, and does not add them', () => {
    const both = [
      aContainerDefinition({ name: 'agent', dependsOn: ['gateway', 'logs'], stopTimeout: 20_000 }),
      aContainerDefinition({ name: 'gateway', stopTimeout: 5_000 }),
      aContainerDefinition({ name: 'logs', stopTimeout: 8_000 }),
    ];
    expect(measureStopWindow(both, 'agent', FARGATE)).toMatchObject({
      ms: 28_000,
      chain: [{ container: 'agent' }, { container: 'logs' }],
    });
  });

  test('says how late an agent is signalled on which others depend', () => {
    const after = [
      aContainerDefinition({ name: 'agent', stopTimeout: 20_000 }),
      aContainerDefinition({ name: 'watch', dependsOn: ['agent'], stopTimeout: 7_000 }),
    ];
    expect(measureStopWindow(after, 'agent', FARGATE)?.agent).toMatchObject({
      signalled: 7_000,
      killed: 27_000,
    });
  });

  test.each([
    [FARGATE, 300_000, 120_000, 'platform'],
    [FARGATE, 120_000, 120_000, 'definition'],
    [FARGATE, 1_000, 2_000, 'platform'],
    [EC2, 300_000, 300_000, 'definition'],
    [EC2, 0, 0, 'definition'],
  ])('on %o a stopTimeout of %d ms is %d ms, by %s', (platform, stopTimeout, ms, by) => {
    const alone = [aContainerDefinition({ name: 'agent', stopTimeout })];
    expect(measureStopWindow(alone, 'agent', platform)?.chain).toEqual([{ container: 'agent', ms, by }]);
  });

  test('on spot names who can be cut by the two minutes', () => {
    expect(measureStopWindow(chain, 'agent', SPOT)).toMatchObject({
      ms: 140_000,
      limit: 120_000,
      cut: ['router'],
    });
    expect(measureStopWindow(chain.slice(1), 'gateway', SPOT)).toMatchObject({ limit: 120_000, cut: [] });
  });

  test('is none without containers, and ends in a circle', () => {
    expect(measureStopWindow([], 'agent', EC2)).toMatchObject({ ms: 0, chain: [], cut: [] });
    const circle = [
      aContainerDefinition({ name: 'a', dependsOn: ['b'], stopTimeout: 1_000 }),
      aContainerDefinition({ name: 'b', dependsOn: ['a'], stopTimeout: 2_000 }),
    ];
    expect(measureStopWindow(circle, 'a', EC2)?.ms).toBe(3_000);
  });

  test.each([
    ['FARGATE', null, false, 'fargate', false],
    [null, 'FARGATE', false, 'fargate', false],
    [null, 'FARGATE_SPOT', false, 'fargate', true],
    ['EC2', null, false, 'ec2', null],
    [null, 'my-fargate-like-provider', false, 'ec2', null],
    ['EC2', null, true, 'ec2', true],
    [null, null, false, 'unknown', null],
  ])(
    'launch type %s, capacity provider %s, reclaimed %s: %s, spot %s',
    (launchType, capacityProvider, reclaimed, kind, spot) => {
      expect(launchOfTask({ launchType, capacityProvider }, reclaimed)).toMatchObject({ kind, spot });
    },
  );
});

/** Task definitions whose dependencies hold no circle: each container depends on some of those behind it. */
const definitions = fc
  .integer({ min: 1, max: 7 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.record({
          stopTimeout: fc.option(fc.integer({ min: 0, max: 400 }).map((seconds) => seconds * 1000)),
          on: fc.subarray(Array.from({ length: count - index - 1 }, (_none, after) => index + after + 1)),
        }),
      ),
    ),
  )
  .map((rows) =>
    rows.map(({ stopTimeout, on }, index) =>
      aContainerDefinition({ name: `c${index}`, stopTimeout, dependsOn: on.map((other) => `c${other}`) }),
    ),
  );
const platforms = fc.constantFrom(...LAUNCH_TYPES).map(readNamedLaunch);

/** What ECS does when every container takes all its time, second by second: who has no living dependant is signalled. */
function played(all: readonly ContainerDefinition[], { kind }: Launch): ReadonlyMap<string, number> {
  const allowed = ({ stopTimeout }: ContainerDefinition): number => {
    if (stopTimeout === null) return 30;
    return kind === 'fargate' ? Math.max(2, Math.min(120, stopTimeout / 1000)) : stopTimeout / 1000;
  };
  const killed = new Map<string, number>();
  const left = new Map<string, number>();
  for (let second = 0; killed.size < all.length; second += 1) {
    let more = true;
    while (more) {
      more = false;
      for (const one of all.filter(({ name }) => !killed.has(name))) {
        const dependants = all.filter(({ dependsOn }) => dependsOn.includes(one.name));
        if (!left.has(one.name) && dependants.every(({ name }) => killed.has(name)))
          left.set(one.name, second + allowed(one));
        if (left.get(one.name) !== second) continue;
        killed.set(one.name, second * 1000);
        more = true;
      }
    }
  }
  return killed;
}

describe('the stop window, whatever the definition', () => {
  test('is what a stop takes in which everybody takes all the time', () => {
    fc.assert(
      fc.property(definitions, platforms, (all, platform) => {
        const killed = played(all, platform);
        const window = measureStopWindow(all, 'c0', platform);
        expect(window?.ms).toBe(Math.max(...killed.values()));
        expect(window?.agent?.killed).toBe(killed.get('c0'));
        const late = [...killed]
          .filter(([, at]) => platform.spot === true && at > 120_000)
          .map(([name]) => name);
        expect(window?.cut.toSorted()).toEqual(late.toSorted());
      }),
    );
  });

  test('is the sum of its chain, whose links depend on one another', () => {
    fc.assert(
      fc.property(definitions, platforms, (all, platform) => {
        const window = measureStopWindow(all, 'c0', platform);
        const steps = window?.chain ?? [];
        expect(steps.reduce((sum, { ms }) => sum + ms, 0)).toBe(window?.ms);
        for (const [index, { container }] of steps.entries()) {
          const next = steps[index + 1]?.container;
          if (next === undefined) continue;
          expect(all.find(({ name }) => name === container)?.dependsOn).toContain(next);
        }
      }),
    );
  });

  test('does not hang on the order in which the definition names its containers', () => {
    const shuffled = definitions.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, platforms, ([all, others], platform) => {
        expect(measureStopWindow(others, 'c0', platform)?.ms).toBe(
          measureStopWindow(all, 'c0', platform)?.ms,
        );
      }),
    );
  });
});
