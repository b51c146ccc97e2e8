import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { closingBlock } from '../../src/report/closing.ts';
import { cardLines } from '../../src/report/card.ts';
import { planBlock } from '../../src/report/plan.ts';
import { createResultsReporter } from '../../src/report/results.ts';
import { drawSideBySide } from '../../src/report/side-by-side.ts';
import { errorLines, summaryLines } from '../../src/report/summary.ts';
import { widthOf } from '../../src/report/width.ts';
import type { GameDayDocument } from '../../src/verdict/result.ts';
import { drainedResult, lostResult } from './results.ts';

const plain = { columns: 100, colors: false };
// What stands for an escape sequence: no test output may hold one unless colours were asked for.
const ESCAPE = String.fromCharCode(27);

function drawPair(columns: number): string {
  const lines = drawSideBySide(lostResult(), drainedResult(), { columns, rows: 24, colors: false });
  return `${lines.join('\n')}\n`;
}

function golden(name: string): string {
  return `../golden/report/${name}.txt`;
}

test.each([
  ['closing-lost', closingBlock(lostResult(), plain)],
  ['closing-drained', closingBlock(drainedResult(), plain)],
  ['closing-lost-narrow', closingBlock(lostResult(), { columns: 40, colors: false })],
  [
    'closing-interrupted',
    closingBlock(
      lostResult({
        ...{
          outcome: 'interrupted',
          reason: 'interrupted',
          exitCode: 130,
          said: 'SIGINT: no task was stopped',
        },
        ...{
          injection: 'none',
          cause: null,
          next: 'Resume it.',
          findings: [],
          attempts: [],
          rig: null,
          label: null,
        },
        ...{ control: null, notes: [], commands: ['gameday drills resume 20260102-030405-beef'] },
      }),
      plain,
    ),
  ],
  ['plan', planBlock(lostResult({ outcome: 'planned', reason: 'planned', said: 'A dry run.' }), plain)],
  [
    'plan-refused',
    planBlock(
      lostResult({
        ...{
          outcome: 'refused',
          reason: 'kill-switch',
          said: 'The kill switch is on.',
          next: 'Take it off.',
        },
        guards: [
          ...lostResult().guards,
          { guard: 'kill-switch', holds: false, reason: 'kill-switch', said: 'the file exists' },
        ],
      }),
      plain,
    ),
  ],
  ['side-by-side', drawPair(140)],
  ['side-by-side-80', drawPair(80)],
  ['side-by-side-narrow', drawPair(60)],
])('%s', async (name, text) => {
  expect(text).not.toContain(ESCAPE);
  await expect(text).toMatchFileSnapshot(golden(name));
});

test('the stop window says whose time it is, how late the agent is signalled, and what spot cuts', () => {
  const stopWindow = {
    ms: 157_000,
    chain: [
      { container: 'watch', ms: 7_000, by: 'definition' as const },
      { container: 'agent', ms: 120_000, by: 'platform' as const },
      { container: 'gateway', ms: 30_000, by: 'default' as const },
    ],
    agent: { signalled: 7_000, killed: 127_000 },
    limit: 120_000,
    cut: ['agent', 'gateway'],
  };
  const text = closingBlock(drainedResult({ stopWindow }), { columns: 100, colors: false });
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    "stop window along dependsOn: watch 7.0 s, then agent 2 min 0 s (the platform's limit), then gateway 30.0 s " +
      "(ECS's default, as the definition sets none): 2 min 37 s in all " +
      'agent may be signalled as late as 7.0 s after the stop ' +
      'spot capacity is reclaimed 2 min 0 s after its notice: that can cut off agent, gateway ',
  );
});

test('what a fault over several tasks came to is told in numbers', () => {
  const numbers = { tasksHit: 10, jobsHit: 4, buildsHit: 3, drained: 2, lost: 1, masked: 1, buildsKilled: 1 };
  const told = (longestDrain: number | null, rollout: number | null): string =>
    closingBlock(lostResult({ fleet: { ...numbers, longestDrain, rollout } }), {
      ...plain,
      columns: 200,
    }).replaceAll(/\s+/g, ' ');
  expect(told(70_000, 95_000)).toContain(
    'tasks stopped: 10; jobs hit: 4; drained 2, lost 1, masked 1; the longest drain took 1 min 10 s the service was steady again, its deployment COMPLETED, 1 min 35 s after the call',
  );
  expect(told(null, null)).not.toMatch(/longest drain|steady again/);
});

test('the page on verdicts shows a cause as it is shown', async () => {
  const page = await readFile(new URL('../../docs/how-to/read-a-verdict.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```text\n(Cause\n[^`]*(?:`[^`]+`[^`]*)*?)\n```/.exec(page) ?? [];
  expect(shown).toContain('signal-eaten');
  expect(closingBlock(lostResult(), plain)).toContain(`${shown}\n`);
});

test('what came before the stop is told so, and never by a negative time', () => {
  const { cause } = lostResult();
  const moments = (cause?.moments ?? []).map((one) =>
    one.moment === 'lost' ? { ...one, after: -8_000 } : one,
  );
  const shown = closingBlock(lostResult({ cause: cause === null ? null : { ...cause, moments } }), plain);
  expect(shown).toContain('lost 8.0 s before it');
  expect(shown).not.toContain('-8.0');
});

test('colours are escapes around the same text', () => {
  const colored = closingBlock(lostResult(), { columns: 100, colors: true });
  expect(colored).toContain(`${ESCAPE}[31m`);
  const bare = colored.split(ESCAPE).map((part, index) => (index === 0 ? part : part.replace(/^\[\d+m/, '')));
  expect(bare.join('')).toBe(closingBlock(lostResult(), plain));
});

/** The cause of `lostResult` in other words. */
function causeSaying(said: string): ReturnType<typeof lostResult>['cause'] {
  const { cause } = lostResult();
  return cause === null
    ? null
    : { ...cause, ranked: cause.ranked.map((one) => ({ ...one, said, saves: said })) };
}

test('foreign text is shown, not obeyed', () => {
  const said = `branch ${ESCAPE}[2J\u009b\r\n`;
  for (const text of [
    closingBlock(lostResult({ said, title: said, cause: causeSaying(said) }), plain),
    planBlock(lostResult({ said, title: said, touches: [said] }), plain),
    cardLines(lostResult({ said, title: said }), { ...plain, rows: null }).join('\n'),
    errorLines([{ message: said, at: said, next: said }], false).join('\n'),
  ]) {
    expect(text).not.toContain(ESCAPE);
    expect(text).not.toContain('\u009b');
    expect(text).toContain('\\u001b[2J');
  }
});

test('two columns never reach over the width, and fill 80 columns', () => {
  for (const columns of [80, 93, 100, 120, 300]) {
    const widest = Math.max(...drawPair(columns).split('\n').map(widthOf));
    expect(widest).toBeLessThanOrEqual(Math.min(columns, 160));
  }
  expect(Math.max(...drawPair(80).split('\n').map(widthOf))).toBeGreaterThan(76);
});

test('two drills beside each other and the sum of both are at most 14 lines of 80 columns', () => {
  const written: string[] = [];
  const screen = {
    write: (text: string) => void written.push(text),
    columns: () => 80,
    rows: () => 24,
    colors: false,
  };
  createResultsReporter(screen, 'side-by-side').onDocument?.(document);
  const lines = written.join('').split('\n').slice(0, -1);
  expect(lines.length).toBeLessThanOrEqual(14);
  expect(lines.at(-2)).toBe('Game day: passed: drained (exit code 0)');
  expect(lines[0]).toMatch(/^FAILED: lost.* \| PASSED: drained/);
  expect(lines.at(-1)).toBe('1 failed (lost; control met), 1 passed (drained) in 9.8 s');
});

const document: GameDayDocument = {
  version: 1,
  outcome: 'passed',
  reason: 'drained',
  exitCode: 0,
  counts: { passed: 2 },
  errors: [],
  drills: [lostResult(), drainedResult()],
};

test('the sum names each drill and the exit code', () => {
  expect(summaryLines(document, false)).toEqual([
    '  failed  lost (control met)  A shell eats SIGTERM and the step is lost',
    '  passed  drained  A step in flight survives StopTask on its task',
    'Game day: passed: drained (exit code 0)',
  ]);
});

test('errors name their place and the next move', () => {
  expect(errorLines([{ message: 'unknown key', at: 'a.yaml:1:2', next: 'Take it out.' }], false)).toEqual([
    'a.yaml:1:2 error: unknown key',
    '  Take it out.',
  ]);
});

test.each([
  ['closing', false],
  ['side-by-side', false],
  ['plan', false],
  ['closing', true],
  ['side-by-side', true],
  ['plan', true],
] as const)('layout %s, verbose %j, prints the card of each drill, and then the sum', (layout, verbose) => {
  const written: string[] = [];
  const screen = {
    write: (text: string) => void written.push(text),
    columns: () => 140,
    rows: () => 24,
    colors: false,
  };
  const reporter = createResultsReporter(screen, layout, verbose);
  for (const drill of document.drills) reporter.onResult?.(drill, []);
  reporter.onDocument?.(document);
  const text = written.join('');
  // Of a pair the sum names no drill again.
  const times = (layout === 'side-by-side' ? 1 : 2) + (verbose ? 1 : 0);
  expect(text.split('A shell eats')).toHaveLength(times + 1);
  expect(text.split('gameday drills show')).toHaveLength(3);
  expect(text.endsWith(' in 9.8 s\n')).toBe(true);
});

test.each([
  ['refused', 'Nothing was stopped: the command could not be started.', './deploy: could not be started'],
  [
    'ended',
    'The command was started, and the scheduler stopped no task.',
    './deploy: exit code 0 after 1.2 s',
  ],
] as const)('a command that stopped nothing is told as what it was: %s', (state, done, end) => {
  const ran = state === 'ended' ? { exitCode: 0, ms: 1_200 } : { exitCode: null, ms: null };
  const rest = { signal: null, endedBy: null, leftProcesses: false, formerDefinition: null, deployments: [] };
  const command = { words: ['./deploy'], state, ...ran, ...rest };
  const said = closingBlock(lostResult({ fault: 'command', command, fleet: null }), plain);
  expect(said).toContain(done);
  expect(said).toContain(end);
  expect(said).not.toContain('It was this task');
});
