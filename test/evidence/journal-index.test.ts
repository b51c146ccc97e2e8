import { describe, expect, it } from 'vitest';
import { decideStep } from '../../src/drill/decide.ts';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import { addEvent, indexJournal } from '../../src/evidence/journal-index.ts';
import type { DrillEvent, NewEvent } from '../../src/journal/events.ts';
import { fold, reduce, type DrillState } from '../../src/state/state.ts';
import { judge } from '../../src/verdict/judge.ts';
import { aBuild, AGENT_ID, aJob, aTask, JOB_ID, NOON, TASK_ARN } from '../support/builders.ts';
import { fact, failed, journalOf, read, story, T } from '../support/journal-builders.ts';

/** A drill whose job runs on after the stop while it is looked at so many times. */
function watched(looks: number): readonly DrillEvent[] {
  const whole = story({ scenario: { limits: { verdictWithin: 3_600_000 } } });
  const told = (event: DrillEvent) => [event.at, { code: event.code, payload: event.payload } as NewEvent];
  const proof = whole.findIndex(({ code }) => code === 'GD_FAULT_SENT') + 2;
  const landed = {
    code: 'GD_FAULT_LANDED',
    payload: { taskArn: TASK_ARN, by: 'answer', said: 'it shows it' },
  };
  const more = Array.from({ length: looks }, (_, nth) => {
    const at = T.proof + 10 + nth * 50;
    const reads = [read('task', TASK_ARN, at), read('job', JOB_ID, at), read('agent', AGENT_ID, at)];
    return [at, { code: 'GD_OBSERVED', payload: { reads, facts: [] } }];
  });
  const parts = [...whole.slice(0, proof).map(told), [T.proof, landed], ...more];
  return journalOf(parts as [number, NewEvent][]);
}

/** The same events, each of which counts how often its payload is looked into. */
function counted(journal: readonly DrillEvent[]): { events: readonly DrillEvent[]; visits: number[] } {
  const visits = journal.map(() => 0);
  const events = journal.map(
    (event, at) =>
      new Proxy(event, {
        get(target, name, receiver) {
          if (name === 'payload') visits[at] = (visits[at] ?? 0) + 1;
          return Reflect.get(target, name, receiver) as unknown;
        },
      }),
  );
  return { events, visits };
}

describe('a journal that is judged while it grows', () => {
  it('has each observation looked into when it is added, and never again', () => {
    const { events, visits } = counted(watched(120));
    let state: DrillState | null = null;
    const atOnce: number[] = [];
    for (const [at, event] of events.entries()) {
      state = reduce(state, event);
      decideStep(state, event.at);
      atOnce.push(visits[at] ?? 0);
    }
    const observations = events.flatMap(({ code }, at) => (code === 'GD_OBSERVED' ? [at] : []));
    expect(observations.length).toBeGreaterThan(100);
    expect(observations.map((at) => visits[at])).toEqual(observations.map((at) => atOnce[at]));
    // How often that is does not depend on what stands before it.
    expect(new Set(observations.slice(-100).map((at) => visits[at])).size).toBe(1);
  });

  it('has its verdict drawn from the index, with no event looked into again but the few that are no observations', () => {
    const { events, visits } = counted([...watched(50)]);
    const state = fold(events);
    const before = [...visits];
    judge(state.index);
    const again = events.filter(({ code }, at) => code === 'GD_OBSERVED' && visits[at] !== before[at]);
    expect(again).toEqual([]);
  });
});

describe('an index', () => {
  const journal = story();
  const shown = (length: number): string | undefined =>
    evidenceOf(indexJournal(journal.slice(0, length))).last('job', JOB_ID)?.value.state;

  it('stays what it was when others go on from it', () => {
    const states = journal.map((_, at) => fold(journal.slice(0, at + 1)));
    let index = indexJournal(journal.slice(0, 1));
    const indexes = [index];
    for (const event of journal.slice(1)) indexes.push((index = addEvent(index, event)));
    for (const [at, one] of indexes.entries()) {
      expect([at, evidenceOf(one).last('job', JOB_ID)?.value.state]).toEqual([at, shown(at + 1)]);
      expect(evidenceOf(one).lastEvent.seq).toBe(at + 1);
      expect(judge(one)).toEqual(judge(states[at]?.index ?? []));
    }
  });

  it('takes an event that another has added already without looking into it, and both stay what they were', () => {
    const observed = journal.findIndex(({ code }) => code === 'GD_OBSERVED');
    const { events, visits } = counted(journal.slice(0, observed + 1));
    const [previous, last] = events.slice(-2);
    if (last === undefined) throw new Error('no journal');
    const before = indexJournal(events.slice(0, -1));
    addEvent(before, last);
    const known = [...visits];
    const again = addEvent(before, last);
    expect(visits).toEqual(known);
    expect([before, again].map((one) => evidenceOf(one).lastEvent)).toEqual([previous, last]);
    expect(evidenceOf(addEvent(before, { ...last, seq: 999 })).lastEvent.seq).toBe(999);
    expect(evidenceOf(again).lastEvent).toBe(last);
  });

  it('can be gone on from twice', () => {
    const [first, ...rest] = journalOf([
      [NOON, { code: 'GD_DRILL_PLANNED', payload: (journal[0]?.payload ?? {}) as never }],
      ...(['running', 'passed'] as const).map(
        (state) =>
          [
            NOON + 1_000,
            { code: 'GD_OBSERVED', payload: { reads: [], facts: [fact('build', aBuild({ state }))] } },
          ] as [number, NewEvent],
      ),
    ]);
    if (first === undefined) throw new Error('no journal');
    const begun = indexJournal([first]);
    const ways = rest.map((event) => addEvent(begun, { ...event, seq: 2 }));
    const states = ways.map((way) =>
      evidenceOf(way)
        .every('build')
        .map(({ value }) => value.state),
    );
    expect(states).toEqual([['running'], ['passed']]);
    expect(evidenceOf(begun).every('build')).toEqual([]);
  });
});

describe('questions about looks', () => {
  const at = (nth: number): number => NOON + nth * 1_000;
  const task = (nth: number, over: Parameters<typeof aTask>[0]): NewEvent => ({
    code: 'GD_OBSERVED',
    payload: { reads: [read('task', TASK_ARN, at(nth))], facts: [fact('task', aTask(over))] },
  });
  const again = (nth: number): NewEvent => ({
    code: 'GD_OBSERVED',
    payload: { reads: [read('task', TASK_ARN, at(nth))], facts: [] },
  });
  const broken = (nth: number): NewEvent => ({
    code: 'GD_OBSERVED',
    payload: { reads: [failed('task', TASK_ARN, at(nth))], facts: [] },
  });
  const events = [
    task(2, { status: 'RUNNING', version: 1 }),
    again(3),
    task(4, { status: 'RUNNING', version: 1 }),
    task(5, { status: 'DEACTIVATING', version: 2 }),
    task(6, { status: 'RUNNING', version: 1 }),
    broken(7),
    again(8),
    task(9, { status: 'STOPPED', version: 3 }),
  ];
  const planned = { code: 'GD_DRILL_PLANNED', payload: (story()[0]?.payload ?? {}) as never } as const;
  const evidence = evidenceOf(
    journalOf([[NOON, planned], ...events.map((event, nth) => [at(nth + 2), event] as const)]),
  );
  const is = (...states: string[]) => {
    return ({ status }: { readonly status: string }): boolean => states.includes(status);
  };
  const first = (shows: ReturnType<typeof is>, after?: number) =>
    evidence.firstLook('task', TASK_ARN, shows, after)?.seq;
  const last = (shows: ReturnType<typeof is>, before?: number) =>
    evidence.lastLook('task', TASK_ARN, shows, before)?.seq;
  const values = (after?: number, before?: number) =>
    evidence.values('task', TASK_ARN, after, before).map(({ status }) => status);

  it('find the first and the last look that shows something, between events', () => {
    expect([first(is('RUNNING')), first(is('RUNNING'), 2), first(is('RUNNING'), 4)]).toEqual([
      2,
      3,
      undefined,
    ]);
    expect([first(is('DEACTIVATING')), first(is('DEACTIVATING'), 5), first(is('STOPPED'), 8)]).toEqual([
      5, 8, 9,
    ]);
    expect([last(is('RUNNING')), last(is('RUNNING'), 4), last(is('RUNNING'), 2)]).toEqual([4, 3, undefined]);
    expect([last(is('DEACTIVATING')), last(is('DEACTIVATING'), 8)]).toEqual([8, 5]);
  });

  it('take an older copy for no look, and equal ones in a row for one value', () => {
    expect(values()).toEqual(['RUNNING', 'DEACTIVATING', 'STOPPED']);
    expect([values(4), values(2, 4), values(5, 8), values(9)]).toEqual([
      ['DEACTIVATING', 'STOPPED'],
      ['RUNNING'],
      [],
      [],
    ]);
  });

  it('find reads, also those that failed', () => {
    const reads = evidence.reads('task', TASK_ARN);
    expect([reads.last?.seq, reads.lastFailed?.seq, reads.firstAfter(6)?.seq]).toEqual([9, 7, 7]);
    expect([reads.firstFailedAfter(6)?.seq, reads.firstFailedAfter(7)]).toEqual([7, undefined]);
    expect([reads.some(({ ok }) => !ok), reads.some(({ ok }) => !ok, 7)]).toEqual([true, false]);
    expect(evidence.reads('job', aJob().id).last).toBeNull();
  });
});
