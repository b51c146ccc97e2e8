import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lane } from '../../src/model/lane.ts';
import { REASONS, EXIT_CODES, namesOf } from '../../src/model/reasons.ts';
import { cardLines } from '../../src/report/card.ts';
import { finalLine } from '../../src/report/summary.ts';
import { widthOf } from '../../src/report/width.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { lostDrill, tell } from './journals.ts';
import { drainedResult, lostResult } from './results.ts';

const WIDE = { columns: 100, rows: 24, colors: false };

function draw(result: DrillResult, options: Parameters<typeof cardLines>[1] = WIDE): string {
  return `${[...cardLines(result, options), finalLine(makeGameDayDocument([result], [], null)) ?? ''].join('\n')}\n`;
}

const NOTHING = {
  ...{ injection: 'none', cause: null, findings: [], attempts: [], timeline: [], lanes: [], drain: null },
  ...{ target: null, agent: null, control: null, notes: [], build: null, builds: [] },
} as const satisfies Partial<DrillResult>;
const numbers = { buildsHit: 2, buildsKilled: 1, tasksHit: 3, jobsHit: 2, drained: 1, lost: 1, masked: 0 };
const [own] = lostResult().builds;
const ran = { state: 'ended', exitCode: 1, signal: null, endedBy: null } as const;

/** Each way in which a drill can end, and what its card must be right about. */
const ENDS: readonly [string, DrillResult][] = [
  ['lost', lostResult()],
  ['drained', drainedResult()],
  [
    'planned',
    lostResult({
      ...NOTHING,
      outcome: 'planned',
      reason: 'planned',
      exitCode: 0,
      said: 'A dry run: nothing was sent.',
      journal: null,
    }),
  ],
  [
    'refused',
    lostResult({
      ...NOTHING,
      ...{
        outcome: 'refused',
        reason: 'kill-switch',
        exitCode: 3,
        said: 'the kill switch is on',
        next: 'Take it off.',
      },
      guards: [
        ...lostResult().guards,
        { guard: 'kill-switch', holds: false, reason: 'kill-switch', said: 'the file STOP exists' },
      ],
    }),
  ],
  [
    'interrupted',
    lostResult({
      ...NOTHING,
      ...{
        outcome: 'interrupted',
        reason: 'interrupted',
        exitCode: 130,
        said: 'SIGINT: no task was stopped',
        next: 'Resume it.',
      },
      commands: ['gameday resume 20260102-030405-beef', 'gameday abort 20260102-030405-beef'],
    }),
  ],
  [
    'could-not-run',
    lostResult({
      ...NOTHING,
      ...{ outcome: 'could-not-run', reason: 'no-such-cluster', exitCode: 4 },
      ...{ said: 'there is no cluster build-prod', next: 'Check its name and region.' },
    }),
  ],
  [
    'baseline',
    drainedResult({ outcome: 'baseline', reason: 'baseline', injection: 'none', target: null, drain: null }),
  ],
  [
    'idle',
    lostResult({
      ...{ outcome: 'passed', reason: 'retired', exitCode: 0, said: 'An idle worker left within its time.' },
      ...{ cause: null, build: null, builds: [], attempts: [], control: null, notes: [] },
      target: { ...(lostResult().target as NonNullable<DrillResult['target']>), jobId: null },
      lanes: lostResult().lanes.filter(({ of }) => of !== 'job'),
    }),
  ],
  [
    'fleet',
    lostResult({
      ...{ fault: 'scale-in', fleet: { ...numbers, longestDrain: 4_200, rollout: null } },
      builds: own === undefined ? [] : [own, { ...own, number: 2, killed: false }],
    }),
  ],
  [
    'command',
    lostResult({
      ...NOTHING,
      ...{ outcome: 'inconclusive', reason: 'stop-not-confirmed', exitCode: 11, fault: 'command' },
      command: {
        ...ran,
        words: ['./deploy'],
        leftProcesses: false,
        ms: 1_200,
        formerDefinition: null,
        deployments: [],
      },
    }),
  ],
  [
    'not-decided',
    lostResult({
      cause: {
        ...(lostResult().cause as NonNullable<DrillResult['cause']>),
        decided: false,
        experiment: 'stop an idle worker',
      },
    }),
  ],
];

describe('the card of a drill', () => {
  test.each(ENDS)('%s', async (name, result) => {
    await expect(draw(result)).toMatchFileSnapshot(`../golden/report/card-${name}.txt`);
  });

  test('a drain has one time where both ends of it read the same, and none without proof', () => {
    const drain = { ms: 4_700, atMost: 4_720, by: 'the clocks of both' };
    expect(draw(drainedResult({ drain }))).toMatch(/Drain +4\.7 s(;|$)/m);
    const unproven = {
      drain,
      outcome: 'inconclusive',
      reason: 'finished-before-stop',
      injection: 'not proven',
    } as const;
    expect(draw(drainedResult(unproven))).not.toContain('Drain');
  });

  test.each([
    [80, 24],
    [120, 40],
    [40, 10],
  ])('of a loss fits on %i columns and %i lines, with the prompt of a shell below it', (columns, rows) => {
    const lines = draw(lostResult(), { columns, rows, colors: false }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines[0]).toContain('FAILED: lost');
    expect(lines.at(-2)).toBe('1 failed (lost; control met) in 9.8 s');
  });

  test('is the same without its colours', () => {
    const sgr = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
    const colored = draw(lostResult(), { ...WIDE, colors: true });
    expect(colored).toMatch(sgr);
    expect(colored.replace(sgr, '')).toBe(draw(lostResult()));
  });

  test.each(lostDrill().map((_event, index) => [index + 1]))('fits for a journal of %i events', (count) => {
    const events = tell(lostDrill().slice(0, count)).map(({ event }) => event);
    check(summarizeDrill(events, null), 80, 24);
  });

  test('has at most 14 lines, none wider than the terminal, whatever the result', () => {
    fc.assert(
      fc.property(anyResult, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), check),
      { numRuns: 300 },
    );
  });

  test('never cuts what an interrupted drill has sent and put back', () => {
    const said = `SIGTERM: ${Array.from({ length: 4 }, (_, index) => `sent: UpdateService, desired count of build-agents ${String(index)} -> 1`).join('; ')}; undone by UntagResource, gameday:undo`;
    const result = lostResult({
      ...NOTHING,
      ...{ outcome: 'interrupted', reason: 'interrupted', exitCode: 143, said, next: 'Resume the drill.' },
      commands: ['resume', 'abort'].map(
        (verb) => `gameday drills ${verb} 20260102-030405-beef --out /a/folder/with/a/long/name/out`,
      ),
      lanes: lostResult().lanes,
      notes: ['a note'],
      build: lostResult().build,
    });
    const text = draw(result, { columns: 80, rows: 24, colors: false }).replace(/\s+/g, ' ');
    expect(text).toContain('undone by UntagResource, gameday:undo');
    expect(text).toContain('$ gameday drills abort 20260102-030405-beef');
  });

  test('never cuts the change that would have saved the build, nor the next command', () => {
    for (const columns of [40, 60, 80, 120]) {
      const text = draw(lostResult(), { columns, rows: 24, colors: false }).replace(/\s+/g, '');
      expect(text).toContain('"entryPoint":["buildkite-agent","start"]');
      expect(text).toContain('gamedaydrillsshow20260102-030405-beef');
    }
  });
});

/** A card and the last line: at most 14 lines that fit, the verdict first and the last line last. */
function check(result: DrillResult, columns: number, rows: number): void {
  const lines = cardLines(result, { columns, rows, colors: false });
  expect(lines.length + 1).toBeLessThanOrEqual(Math.max(2, Math.min(14, rows - 1)));
  for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  expect(lines[0]?.startsWith(result.outcome.toUpperCase().slice(0, Math.max(0, columns - 1)))).toBe(true);
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc
    .array(fc.constantFrom('word', '`code`', 'a-long-word-without-a-space-that-no-line-holds-'.repeat(4)), {
      maxLength: 40,
    })
    .map((words) => words.join(' ')),
);
const instant = fc.integer({ min: 0, max: 10_000_000 });
const lane: fc.Arbitrary<Lane> = fc.record({
  of: fc.constantFrom('job', 'container', 'agent'),
  name: text,
  spans: fc.array(
    fc.record({
      how: fc.constantFrom('running', 'stopping', 'silent'),
      ...{ from: fc.option(instant), to: fc.option(instant) },
    }),
    { maxLength: 4 },
  ),
  marks: fc.array(
    fc.record({
      sign: fc.constantFrom('start', 'signal', 'kill', 'exit', 'lost', 'passed', 'failed'),
      ...{ at: instant, clock: fc.constant('ecs' as const), atLatest: fc.boolean(), said: text },
    }),
    { maxLength: 5 },
  ),
});
const cause = lostResult().cause as NonNullable<DrillResult['cause']>;
const anyResult: fc.Arbitrary<DrillResult> = fc
  .record(
    {
      outcome: fc.constantFrom(...namesOf(EXIT_CODES)),
      reason: fc.constantFrom(...namesOf(REASONS)),
      ...{ title: text, said: text, next: text },
      label: fc.option(text),
      notes: fc.array(text, { maxLength: 4 }),
      commands: fc.array(text, { maxLength: 5 }),
      touches: fc.array(text, { maxLength: 5 }),
      lanes: fc.array(lane, { maxLength: 6 }),
      injection: fc.constantFrom('proven', 'none', 'not proven'),
      target: fc.constantFrom(null, lostResult().target),
      build: fc.constantFrom(null, lostResult().build),
      builds: fc.constantFrom([], lostResult().builds, [...lostResult().builds, ...lostResult().builds]),
      fleet: fc.constantFrom(null, { ...numbers, longestDrain: null, rollout: null }),
      findings: fc.constantFrom([], lostResult().findings),
      control: fc.constantFrom(null, lostResult().control),
      journal: fc.option(text),
      cause: fc.oneof(
        fc.constant(null),
        fc
          .record({ saves: text, said: text, decided: fc.boolean(), experiment: fc.option(text) })
          .map(({ saves, said, ...rest }) => ({
            ...cause,
            ...rest,
            ranked: cause.ranked.map((one) => ({ ...one, saves, said })),
          })),
      ),
    },
    { requiredKeys: [] },
  )
  .map((over) => lostResult(over as Partial<DrillResult>));
