import { expect, test } from 'vitest';
import type { NewEvent } from '../../src/journal/events.ts';
import { createLogReporter } from '../../src/report/log.ts';
import { multiplex } from '../../src/report/reporter.ts';
import type { Reporter } from '../../src/report/reporter.ts';
import type { Screen } from '../../src/report/screen.ts';
import { createTerminalReporter } from '../../src/report/terminal.ts';
import { createNarrator } from '../../src/report/words.ts';
import { planOf } from '../support/plans.ts';
import { aBuild, aJob, anAgent, aTask, AGENT_ID, BUILD_ID, NOON, TASK_ARN } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { lostDrill, observed, tell } from './journals.ts';
import { drainedResult, lostResult } from './results.ts';

function screenOf(columns = 100, rows = 24): Screen & { readonly written: string[] } {
  const written: string[] = [];
  return {
    written,
    write: (text) => void written.push(text),
    columns: () => columns,
    rows: () => rows,
    colors: false,
  };
}

function replay(reporter: Reporter, events: readonly NewEvent[]): void {
  for (const { event, state } of tell(events)) reporter.onEvent?.(event, state);
}

test('the log of a masked loss', async () => {
  const screen = screenOf();
  replay(createLogReporter(screen), lostDrill());
  await expect(screen.written.join('')).toMatchFileSnapshot('../golden/report/log-masked-loss.txt');
});

test.each([40, 80, 120])('on a terminal of %i columns no line of the log breaks in a word', (columns) => {
  const [piped, shownLines] = [screenOf(columns), screenOf(columns)];
  replay(createLogReporter(piped), lostDrill());
  replay(createLogReporter(shownLines, { wraps: true }), lostDrill());
  const lines = shownLines.written.join('').split('\n').slice(0, -1);
  const words = (texts: readonly string[]): readonly string[] => texts.join('').split(/\s+/);
  expect(words(shownLines.written)).toEqual(words(piped.written));
  // Only a line of one word, which is longer than the screen, is left to the terminal.
  for (const line of lines.filter((one) => one.length >= columns))
    expect(line.trim()).toMatch(/^\S+( \S+)?$/);
  const further = lines.filter((line) => !line.startsWith('2026-'));
  expect(further.length).toBeGreaterThan(0);
  for (const line of further) expect(line).toMatch(columns < 66 ? /^ {2}\S/ : /^ {25}\S/);
});

test('of several drills each line begins with its title, and further lines are indented', () => {
  const screen = screenOf(80);
  replay(createLogReporter(screen, { whose: 'Night', wraps: true }), lostDrill().slice(0, 2));
  expect(screen.written.slice(0, 3)).toEqual([
    '2026-11-24T12:00:01.000Z Night: drill 20261124-120000-beef: A step in flight\n',
    `${' '.repeat(25)}survives StopTask on its task\n`,
    '2026-11-24T12:00:01.000Z Night: stop-task while step integration is in flight\n',
  ]);
});

test('in a Buildkite job the phases are folded groups, and the end of a drill that failed opens the last and its own', () => {
  const screen = screenOf();
  const reporter = createLogReporter(screen, { groups: true });
  replay(reporter, lostDrill());
  reporter.onResult?.(lostResult(), []);
  const title = 'A step in flight survives StopTask on its task';
  expect(screen.written.filter((line) => !line.startsWith('2026-'))).toEqual([
    `--- ${title}: plan and guards\n`,
    `--- ${title}: build and trigger\n`,
    `--- ${title}: injection\n`,
    `--- ${title}: watch\n`,
    '^^^ +++\n',
    expect.stringMatching(/^\+\+\+ .*: failed: /),
  ]);
  const passed = screenOf();
  createLogReporter(passed, { groups: true }).onResult?.(drainedResult(), []);
  expect(passed.written.join('')).toMatch(/^\+\+\+ .*: passed: drained\n$/);
});

test('drills at the same time write between each other: no group of one holds the lines of another', () => {
  const screen = screenOf();
  const reporter = createLogReporter(screen, { groups: true, whose: 'Night' });
  replay(reporter, lostDrill());
  reporter.onResult?.(lostResult(), []);
  expect(screen.written.filter((line) => !line.startsWith('2026-'))).toEqual([]);
});

/** What a terminal of that size shows in the end: the few escapes that the live view uses, and wrapping. */
function shown(written: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  let row = 0;
  const pattern = new RegExp(
    `${String.fromCharCode(27)}\\[(\\d*)([AJ])|\\r|\\n|[^${String.fromCharCode(27)}\\r\\n]+`,
    'g',
  );
  for (const [token, count, kind] of written.join('').matchAll(pattern)) {
    if (kind === 'A') row -= Number(count);
    else if (kind === 'J') lines.length = row;
    else if (token === '\n') row += 1;
    else if (token !== '\r') {
      for (let from = 0; from < token.length; from += columns) {
        if (from > 0) row += 1;
        lines[row] = token.slice(from, from + columns);
      }
    }
    expect(row).toBeGreaterThanOrEqual(0);
  }
  return lines;
}

function terminal(screen: Screen): { reporter: Reporter; tick: () => void; ticking: () => boolean } {
  let act: (() => void) | null = null;
  const reporter = createTerminalReporter({
    screen,
    now: () => NOON + 30_000,
    every: (_ms, callback) => {
      act = callback;
      return () => void (act = null);
    },
  });
  return { reporter, tick: () => act?.(), ticking: () => act !== null };
}

test('the live view keeps one block under what is finished, and takes it away at the end', async () => {
  const screen = screenOf(120);
  const { reporter, tick, ticking } = terminal(screen);
  replay(reporter, lostDrill().slice(0, 11));
  tick();
  tick();
  const middle = shown(screen.written, 120);
  await expect(`${middle.join('\n')}\n`).toMatchFileSnapshot('../golden/report/live-injected.txt');
  expect(ticking()).toBe(true);
  replay(reporter, lostDrill());
  reporter.onResult?.(lostResult(), []);
  const end = shown(screen.written, 120);
  expect(end.at(-1)).toContain('failed: masked-loss');
  expect(end.filter((line) => line.includes('  task   '))).toEqual([]);
  expect(ticking()).toBe(false);
});

test.each([
  [20, 24],
  [5, 3],
  [1, 1],
])('in a terminal of %i columns and %i rows no line of the block wraps', (columns, rows) => {
  const screen = screenOf(columns, rows);
  const { reporter, tick } = terminal(screen);
  replay(reporter, lostDrill().slice(0, 11));
  screen.written.length = 0;
  tick();
  const [text = ''] = screen.written;
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.slice(line.lastIndexOf('J') + 1));
  expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(Math.max(1, columns - 1));
});

test('while somebody else has the screen nothing is rewritten', () => {
  const screen = screenOf();
  const { reporter, tick } = terminal(screen);
  replay(reporter, lostDrill().slice(0, 6));
  reporter.pause?.();
  screen.written.length = 0;
  tick();
  expect(screen.written).toEqual([]);
  reporter.resume?.();
  expect(screen.written.join('')).toContain('aiming');
});

test('a reporter that throws is noted once, and the others go on', () => {
  const failures: unknown[] = [];
  const seen: string[] = [];
  const broken: Reporter = {
    onEvent() {
      throw new Error('broken');
    },
  };
  const all = multiplex([broken, { onEvent: (event) => void seen.push(event.code) }], (error) =>
    failures.push(error),
  );
  replay(all, lostDrill().slice(0, 4));
  expect(failures).toHaveLength(1);
  expect(seen).toHaveLength(4);
});

function sentences(events: readonly NewEvent[]): readonly string[] {
  const narrate = createNarrator();
  return tell(events).flatMap(({ event }) => narrate(event).map(({ text }) => text));
}

const planned: NewEvent = { code: 'GD_DRILL_PLANNED', payload: { plan: planOf() } };

test.each<[string, NewEvent, string]>([
  [
    'a refusing guard',
    {
      code: 'GD_GUARDS_ANSWERED',
      payload: {
        at: 'last-instant',
        answers: [{ guard: 'window', holds: false, reason: 'outside-window', said: 'it is Sunday' }],
      },
    },
    'at the last instant guard window refuses: it is Sunday',
  ],
  [
    'a resumption',
    { code: 'GD_RESUMED', payload: { runner: '0.1.0', after: 3 } },
    'another process continues the drill',
  ],
  [
    'a call whose outcome is unknown',
    {
      code: 'GD_FAULT_SENT',
      payload: {
        sentAt: NOON,
        answeredAt: NOON,
        result: 'unknown',
        trouble: { kind: 'timeout', message: 'no answer', retryAfter: null },
        attempt: 1,
        task: null,
      },
    },
    'the call: sent, outcome unknown: no answer',
  ],
  [
    'a refused undo',
    {
      code: 'GD_UNDO_SENT',
      payload: {
        sentAt: NOON,
        answeredAt: NOON,
        result: 'refused',
        trouble: { kind: 'denied', message: 'denied', retryAfter: null },
      },
    },
    'the call: refused: denied',
  ],
  [
    'a cancel',
    { code: 'GD_UNDO_INTENDED', payload: { call: { kind: 'cancel-build', buildId: 'b', buildNodeId: 'n' } } },
    'canceling the build that the drill started',
  ],
  [
    'a dropped target',
    { code: 'GD_TARGET_DROPPED', payload: { said: 'the step is over' } },
    'the target was dropped: the step is over',
  ],
  [
    'a halt',
    { code: 'GD_HALTED', payload: { reason: 'kill-switch', said: 'it is on' } },
    'the drill goes no further: kill-switch: it is on',
  ],
  [
    'an interruption',
    { code: 'GD_INTERRUPTED', payload: { signal: 'SIGTERM' } },
    'interrupted by SIGTERM; the journal is closed',
  ],
  [
    'controls in foreign text',
    { code: 'GD_HALTED', payload: { reason: 'internal', said: `a${String.fromCharCode(27)}[2J` } },
    'the drill goes no further: internal: a\\u001b[2J',
  ],
])('%s', (_what, event, text) => {
  expect(sentences([planned, event]).at(-1)).toBe(text);
});

test('news is told once, and a service that is back is told', () => {
  const error = { kind: 'unreachable', message: 'connection refused', retryAfter: null } as const;
  const trouble = { subject: { kind: 'build', id: BUILD_ID }, error } as const;
  const build = { kind: 'build', id: BUILD_ID, value: aBuild({ state: 'failing' }) } as const;
  expect(
    sentences([
      planned,
      observed([], trouble),
      observed([], trouble),
      observed([build]),
      observed([build]),
    ]).slice(2),
  ).toEqual([
    'Buildkite could not be read (build): connection refused',
    'Buildkite answers again',
    'build #1 is failing',
  ]);
});

test('what is around the runner is told one by one: the kill switch says nothing about the lock', () => {
  const error = {
    kind: 'unwritable',
    message: 'the state directory x cannot be used',
    retryAfter: null,
  } as const;
  const lock = { subject: { kind: 'lock', id: 'key' }, error } as const;
  const killSwitch = { kind: 'kill-switch', id: 'kill-switch', value: { thrown: null } } as const;
  const back = {
    kind: 'lock',
    id: 'key',
    value: { key: 'key', ours: true, heldBy: null, since: null },
  } as const;
  expect(sentences([planned, observed([], lock), observed([killSwitch]), observed([back])]).slice(2)).toEqual(
    [
      'the surroundings could not be read (lock): the state directory x cannot be used',
      'the surroundings can be read again (lock)',
    ],
  );
});

test('a graceful stop by a user is told apart from one that was heard', () => {
  const agent = (over: Parameters<typeof anAgent>[0]) =>
    observed([{ kind: 'agent', id: AGENT_ID, value: anAgent(over) }]);
  const { name } = anAgent();
  const heard = { stoppedGracefullyAt: NOON, connection: 'stopping' } as const;
  expect(sentences([planned, agent({}), agent(heard)]).slice(2)).toEqual([
    `agent ${name} heard the stop`,
    `agent ${name} is stopping`,
  ]);
  expect(sentences([planned, agent({}), agent({ ...heard, stoppedGracefullyBy: 'Ann' })]).at(2)).toBe(
    `agent ${name} was stopped by Ann`,
  );
});

test('a task going down is told with where it goes', () => {
  const task = (over: Parameters<typeof aTask>[0]) =>
    observed([{ kind: 'task', id: TASK_ARN, value: aTask(over) }]);
  expect(sentences([planned, task({}), task({ desired: 'STOPPED', status: 'DEACTIVATING' })]).at(-1)).toBe(
    'task 0123456789abcdef0123456789abcdef is DEACTIVATING, on its way to STOPPED',
  );
});

test('of every answer it is told which call it answers', () => {
  const [service, serviceArn] = ['build-agents', 'arn:aws:ecs:us-east-1:123456789012:service/p/build-agents'];
  const sent = {
    sentAt: NOON,
    answeredAt: NOON + 43,
    result: 'ok',
    trouble: null,
    attempt: 1,
    task: null,
  } as const;
  const mark = { kind: 'mark-service', service, serviceArn, mark: 'drill=1' } as const;
  const change = { kind: 'set-desired-count', cluster: 'p', service, desired: 1, former: 2 } as const;
  const trouble = { kind: 'denied', message: 'no right', retryAfter: null } as const;
  const told = sentences([
    planned,
    { code: 'GD_FAULT_INTENDED', payload: { call: mark, attempt: 1 } },
    { code: 'GD_FAULT_SENT', payload: sent },
    { code: 'GD_FAULT_INTENDED', payload: { call: change, attempt: 2 } },
    { code: 'GD_FAULT_SENT', payload: { ...sent, attempt: 2 } },
    { code: 'GD_UNDO_INTENDED', payload: { call: { kind: 'unmark-service', service, serviceArn } } },
    { code: 'GD_UNDO_SENT', payload: { sentAt: NOON, answeredAt: NOON, result: 'refused', trouble } },
  ]);
  expect(told.filter((text) => /answered|refused/.test(text))).toEqual([
    'TagResource was answered after 43 ms',
    'UpdateService was answered after 43 ms',
    'UntagResource: refused: no right',
  ]);
});

test('that the jobs of the step have no key is said once, with what to do', () => {
  const step = { label: ':rocket: Deploy' };
  const job = {
    ...aJob({ label: step.label, stepKey: null }),
    state: 'scheduled',
    rawState: 'SCHEDULED',
  } as const;
  const listed = fact('build-jobs', { listed: 1, complete: true }, job.buildId);
  const plan = planOf({ when: { step } });
  const told = sentences([
    { code: 'GD_DRILL_PLANNED', payload: { plan } },
    { code: 'GD_OBSERVED', payload: { reads: [], facts: [listed, fact('job', job)] } },
    { code: 'GD_OBSERVED', payload: { reads: [], facts: [fact('job', { ...job, state: 'assigned' })] } },
  ]).filter((text) => text.includes('has no key'));
  expect(told).toEqual([
    expect.stringMatching(/^step labelled ":rocket: Deploy" has no key.*Give the step a key, and name that/),
  ]);
});
