import { decideStep } from '../src/drill/decide.ts';
import type { DrillEvent, NewEvent, PayloadOf } from '../src/journal/events.ts';
import { sealEvent } from '../src/journal/line.ts';
import { fold, reduce, type DrillState } from '../src/state/state.ts';
import { judge } from '../src/verdict/judge.ts';
import { AGENT_ID, aJob, BUILD_ID, JOB_ID, TASK_ARN } from '../test/support/builders.ts';
import { DRILL, fact, read, story } from '../test/support/journal-builders.ts';

/** Whose build is watched: one of twenty other jobs, of which one in ten looks shows a change, or one of three hundred, of which every look does. */
export type Shape = 'a small build' | 'a large build';

const SECOND = 1_000;

/** The journal of a drill whose job runs on after the stop, so long that it has that many events. */
export function growingJournal(length: number, shape: Shape): readonly DrillEvent[] {
  const whole = story({ plan: {}, scenario: { limits: { verdictWithin: 1_000_000 * SECOND } } });
  const proof = whole.findIndex(({ code }) => code === 'GD_FAULT_SENT') + 2;
  const [begun, ended] = [whole.slice(0, proof), whole.slice(proof)];
  const journal = [...begun];
  const add = (at: number, event: NewEvent): void => {
    const previousSum = journal.at(-1)?.sum ?? '';
    journal.push(sealEvent(event, { seq: journal.length + 1, at, drill: DRILL, previousSum }).event);
  };
  add((begun.at(-1)?.at ?? 0) + 10, {
    code: 'GD_FAULT_LANDED',
    payload: { taskArn: TASK_ARN, by: 'answer', said: 'grown' },
  });
  const start = journal.at(-1)?.at ?? 0;
  while (journal.length < length - ended.length) {
    const nth = journal.length;
    add(start + nth * 100, { code: 'GD_OBSERVED', payload: lookAt(nth, start + nth * 100, shape) });
  }
  const late = (journal.at(-1)?.at ?? 0) - (ended[0]?.at ?? 0) + 10;
  for (const { at, code, payload } of ended) add(at + Math.max(0, late), { code, payload } as NewEvent);
  return journal;
}

/** A look at the worker; some of them show another job of the build change. */
function lookAt(nth: number, at: number, shape: Shape): PayloadOf<'GD_OBSERVED'> {
  const subjects = [
    ['task', TASK_ARN],
    ['job', JOB_ID],
    ['agent', AGENT_ID],
    ['build', BUILD_ID],
  ] as const;
  const reads = subjects.map(([kind, id]) => read(kind, id, at - 20, at - 10));
  const other = nth % (shape === 'a small build' ? 20 : 300);
  const id = `018f0000-0000-4000-8000-1${String(other).padStart(11, '0')}`;
  const state = (['scheduled', 'running', 'finished'] as const)[Math.floor(nth / 300) % 3] ?? 'running';
  const job = aJob({ id, buildId: BUILD_ID, stepKey: `other-${String(other)}`, agentId: null });
  const shown = { ...job, state, rawState: state.toUpperCase(), passed: state === 'finished' };
  const isQuiet = shape === 'a small build' && nth % 10 > 0;
  return { reads, facts: isQuiet ? [] : [fact('job', { ...shown, events: null })] };
}

/** What a drill does at each event while it watches: the event is added, and the next step is decided. */
export function judgeAlong(journal: readonly DrillEvent[]): void {
  let state: DrillState | null = null;
  for (const event of journal) {
    state = reduce(state, event);
    decideStep(state, event.at);
  }
}

/** The state of the whole journal, with nothing decided. */
export function foldAlone(journal: readonly DrillEvent[]): void {
  fold(journal);
}

/** The verdict over the whole journal. */
export function judgeAtEnd(journal: readonly DrillEvent[]): string {
  return judge(journal).reason;
}
