import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flushed } from '../../src/checks/flushed.ts';
import { attemptsOf } from '../../src/evidence/attempts.ts';
import { followCounter } from '../../src/evidence/counters.ts';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import type { DrillEvent, Finding, NewEvent, Read } from '../../src/journal/events.ts';
import type { Counter } from '../../src/model/entities/counter.ts';
import type { Fact } from '../../src/model/world.ts';
import { counterSubject } from '../../src/scenario/subjects.ts';
import { judge } from '../../src/verdict/judge.ts';
import { aContainer, aContainerDefinition, TASK_ARN } from '../support/builders.ts';
import { failed, fact, journalOf, read, story, T, type Told } from '../support/journal-builders.ts';
import { RUNS } from '../property/runs.ts';

const GATEWAY = counterSubject('gateway', TASK_ARN);
const STILL_FOR = 5_000;
const watched: Told = {
  otherContainers: [aContainerDefinition({ name: 'gateway' })],
  task: {
    containers: [
      aContainer({ status: 'STOPPED', exitCode: 0 }),
      aContainer({ name: 'gateway', status: 'STOPPED', exitCode: 0 }),
    ],
  },
  scenario: {
    expect: {
      containers: {
        gateway: { exit: 0, outlives: null, flushed: { command: ['read', '{task}'], stillFor: STILL_FOR } },
      },
    },
  },
};

/** Calls begun, finished and cut. */
type Shown = readonly [begun: number, finished: number, cut: number];

const counterOf = ([begun, finished, cut]: Shown): Counter => ({ begun, finished, cut });
const counterFact = (shown: Shown): Fact => fact('counter', counterOf(shown), GATEWAY.id);

/** What the reads after the end of the task show, one every five seconds; null: it cannot be read. */
type After = readonly (Shown | null)[];

/** A read of the counter at an instant. */
function look(at: number, shown: Shown | null): readonly [number, NewEvent] {
  const { kind, id } = GATEWAY;
  const reads: Read[] = [shown === null ? failed(kind, id, at) : read(kind, id, at)];
  const facts = shown === null ? [] : [counterFact(shown)];
  return [at, { code: 'GD_OBSERVED', payload: { reads, facts } }];
}

/** Events as they came, sealed anew. */
function seal(events: readonly (readonly [number, NewEvent])[]): readonly DrillEvent[] {
  return journalOf(events.map(([at, { code, payload }]) => [at, { code, payload } as NewEvent]));
}

/** A clean drain with a gateway that is counted; `before`: what the last read before the stop showed. */
function counted(before: Shown | null, after: After, told: Told = {}): readonly DrillEvent[] {
  const known = before === null ? [] : [counterFact(before)];
  const journal = story({ ...watched, ...told, before: known });
  const looks = after.map((shown, nth) => look(T.looked + (nth + 1) * STILL_FOR, shown));
  const [end, ...rest] = journal.map((event) => [event.at, event] as const).toReversed();
  if (end === undefined) throw new Error('a story has an end');
  return seal([...rest.toReversed(), ...looks, [end[0] + 60_000, end[1]]]);
}

function find(before: Shown | null, after: After, told: Told = {}): Omit<Finding, 'check'> {
  const evidence = evidenceOf(counted(before, after, told));
  return flushed.judge({ evidence, attempts: attemptsOf(evidence) });
}

/** The same reads twice in a row: the counter stands still. */
const still = (shown: Shown): After => [shown, shown];

describe('flushed', () => {
  const ROWS: readonly (readonly [string, Shown | null, After, string, RegExp])[] = [
    ['the call in flight was finished', [1, 0, 0], still([1, 1, 0]), 'yes', /finished the 1 call/],
    ['so were calls that came later', [1, 0, 0], still([4, 4, 0]), 'yes', /finished the 4 calls/],
    ['what was cut before is not held against the stop', [5, 3, 1], still([6, 5, 1]), 'yes', /the 2 calls/],
    [
      'one was cut',
      [1, 0, 0],
      still([1, 0, 1]),
      'no sidecar-cut',
      /left 1 half-finished call \(from 1 begun, 0 finished, 0 cut to 1 begun, 0 finished, 1 cut\)/,
    ],
    [
      'one was begun and never heard of again',
      [1, 0, 0],
      still([2, 1, 0]),
      'no sidecar-cut',
      /left 1 half-finished call/,
    ],
    [
      'one was cut, one was killed',
      [3, 1, 0],
      still([4, 2, 1]),
      'no sidecar-cut',
      /left 2 half-finished calls/,
    ],
    [
      'cut is cut, though the counter still moves',
      [3, 1, 0],
      [
        [4, 2, 0],
        [4, 2, 1],
      ],
      'no sidecar-cut',
      /left 2 half/,
    ],
    [
      'what is begun may still be finished',
      [3, 1, 0],
      [
        [4, 2, 0],
        [4, 3, 0],
      ],
      'unknown evidence-missing',
      /had not stood still for 5\.0 s/,
    ],
    ['it was read once alone', [1, 0, 0], [[1, 1, 0]], 'unknown evidence-missing', /had not stood still/],
    [
      'no call went through it',
      [7, 7, 0],
      still([7, 7, 0]),
      'unknown evidence-missing',
      /no call went through gateway/,
    ],
    [
      'it never moved',
      [7, 6, 1],
      still([7, 6, 1]),
      'unknown evidence-missing',
      /no call went through gateway/,
    ],
    [
      'it was started anew',
      [7, 6, 0],
      still([1, 1, 0]),
      'unknown evidence-missing',
      /went back, from 7 begun/,
    ],
    ['fewer were finished than before', [7, 6, 0], still([9, 5, 4]), 'unknown evidence-missing', /went back/],
    ['fewer were cut than before', [7, 4, 2], still([9, 9, 0]), 'unknown evidence-missing', /went back/],
    [
      'it went back, and came up again',
      [7, 6, 0],
      [
        [1, 1, 0],
        [9, 9, 0],
        [9, 9, 0],
      ],
      'unknown evidence-missing',
      /went back/,
    ],
    [
      'it was not read before the stop',
      null,
      still([1, 1, 0]),
      'unknown evidence-missing',
      /not read before the stop/,
    ],
    [
      'it was not read after it',
      [1, 0, 0],
      [],
      'unknown evidence-missing',
      /could not be read after its task had ended$/,
    ],
    [
      'it could not be read after it',
      [1, 0, 0],
      [null, null],
      'unknown observation-gap',
      /could not be read after its task had ended: scripted: unreachable/,
    ],
    [
      'it could be read once, and stood still',
      [1, 0, 0],
      [null, [1, 1, 0], [1, 1, 0], null],
      'yes',
      /finished the 1 call/,
    ],
  ];
  it.each(ROWS)('%s', (_title, before, after, expected, said) => {
    const found = find(before, after);
    expect([found.raises === null ? found.holds : `${found.holds} ${found.raises}`, found.said]).toEqual([
      expected,
      expect.stringMatching(said),
    ]);
  });

  it('names the failover that hides a cut: the job passed all the same', () => {
    expect(find([1, 0, 0], still([1, 0, 1])).said).toMatch(
      /the job passed all the same: failover papered over it/,
    );
    const broken: Told = { job: { passed: false, exitStatus: '1' }, build: { state: 'failed' } };
    expect(find([1, 0, 0], still([1, 0, 1]), broken).said).not.toMatch(/failover/);
  });

  it('counts the read before the first call that may have had an effect, and none after it', () => {
    // The answer of a first StopTask was lost, and it had cut a call when the counter was read before the second one.
    const journal = counted([1, 0, 0], still([1, 0, 1]));
    const first = journal.findIndex(({ code }) => code === 'GD_FAULT_INTENDED');
    const timed = journal.map((event) => [event.at, event] as const);
    const [intended, sent] = [timed[first], timed[first + 1]];
    if (intended?.[1].code !== 'GD_FAULT_INTENDED' || sent?.[1].code !== 'GD_FAULT_SENT')
      throw new Error('a story has a stop');
    const lost = { ...sent[1].payload, result: 'unknown' as const, task: null, attempt: 1 };
    const twice = seal([
      ...timed.slice(0, first),
      [T.stop - 3, { code: 'GD_FAULT_INTENDED', payload: { ...intended[1].payload, attempt: 1 } }],
      [T.stop - 2, { code: 'GD_FAULT_SENT', payload: lost }],
      look(T.stop - 1, [1, 0, 1]),
      [T.stop, { code: 'GD_FAULT_INTENDED', payload: { ...intended[1].payload, attempt: 2 } }],
      [T.landed, { code: 'GD_FAULT_SENT', payload: { ...sent[1].payload, attempt: 2 } }],
      ...timed.slice(first + 2),
    ]);
    const evidence = evidenceOf(twice);
    const found = flushed.judge({ evidence, attempts: attemptsOf(evidence) });
    expect(found).toMatchObject({ holds: 'no', raises: 'sidecar-cut' });
  });

  it('counts a read after a call that stops nothing: another target may have been chosen since', () => {
    const timed = counted(null, still([1, 1, 0])).map((event) => [event.at, event] as const);
    const first = timed.findIndex(([, { code }]) => code === 'GD_FAULT_INTENDED');
    const sent = { sentAt: T.stop - 2, answeredAt: T.stop - 2, result: 'ok' as const, trouble: null };
    const mark = { service: 'build-agents', serviceArn: 'arn:service', mark: '{}' };
    const evidence = evidenceOf(
      seal([
        ...timed.slice(0, first),
        [
          T.stop - 3,
          { code: 'GD_FAULT_INTENDED', payload: { call: { kind: 'mark-service', ...mark }, attempt: 0 } },
        ],
        [T.stop - 2, { code: 'GD_FAULT_SENT', payload: { ...sent, attempt: 0, task: null } }],
        look(T.stop - 1, [1, 0, 0]),
        ...timed.slice(first),
      ]),
    );
    expect(followCounter(evidence, TASK_ARN, 'gateway').before?.value).toEqual(counterOf([1, 0, 0]));
  });

  it('is not asked where nothing was injected, and where no counter is named', () => {
    expect(find([1, 0, 0], still([1, 1, 0]), { stop: null }).holds).toBe('unasked');
    expect(find([1, 0, 0], still([1, 1, 0]), { scenario: {} }).holds).toBe('unasked');
  });

  it('never lets a drill pass in which a counter shows a call cut, begun and not finished, or nothing at all', () => {
    const count = fc.integer({ min: 0, max: 3 });
    const shown = fc
      .tuple(count, count, fc.constantFrom(0, 0, 1))
      .map(([flying, done, cut]): Shown => [flying + done + cut, done, cut]);
    const reads = fc.oneof(shown.map(still), fc.array(fc.option(shown), { maxLength: 4 }));
    let passed = 0;
    fc.assert(
      fc.property(fc.option(shown, { freq: 9 }), reads, (before, after) => {
        const { outcome } = judge(counted(before, after));
        if (outcome !== 'passed') return;
        passed += 1;
        const last = after.findLast((one) => one !== null) ?? null;
        if (before === null || last === null) throw new Error('it passed without a read');
        const [begun, finished, cut] = last;
        expect([cut, begun - finished - cut]).toEqual([before[2], 0]);
        expect(finished).toBeGreaterThan(before[1]);
      }),
      { numRuns: RUNS },
    );
    expect(passed).toBeGreaterThan(0);
  });
});
