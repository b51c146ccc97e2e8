import { expect, it } from 'vitest';
import { rehearsalCard } from '../../src/rehearsal/card.ts';
import type { Arm, DrillLine, Rehearsal } from '../../src/rehearsal/document.ts';
import { widthOf } from '../../src/report/width.ts';

const ESCAPE = String.fromCharCode(27);

function line(drill: DrillLine['drill'], outcome: string, reason: string, drain: number | null): DrillLine {
  const cause =
    outcome === 'failed'
      ? {
          name: 'signal-eaten',
          weight: 'likely',
          said: `SIGTERM was eaten: ${'the shell is PID 1 '.repeat(9)}`,
        }
      : null;
  return {
    ...{ drill, scenario: `out/given/${drill}.yaml`, played: 1, outcome, reason, exitCode: 0 },
    ...{ said: `${drill} said`, cause, drain, journal: `.gameday/20261124-120000-${drill}/journal.jsonl` },
  };
}

const given: Arm = {
  ...{ outcome: 'failed', exitCode: 10, window: 30_000 },
  findings: [{ rule: 'shell-form', severity: 'error', seen: 'a shell', todo: 'exec' }],
  drills: [
    line('busy', 'failed', 'lost', 30_100),
    line('idle', 'failed', 'not-drained', 30_100),
    line('near-end', 'failed', 'not-drained', 30_000),
  ],
};
const passing: Arm = {
  ...{ outcome: 'passed', exitCode: 0, window: 120_000, findings: [] },
  drills: [
    line('busy', 'passed', 'drained', 41_800),
    line('idle', 'passed', 'retired', 46),
    line('near-end', 'passed', 'drained', 4_900),
  ],
};
const OLD = '- "entryPoint": ["/bin/sh", "-c", "buildkite-agent start --tags-from-ecs-meta-data"]';
const NEW = '+ "entryPoint": ["buildkite-agent", "start", "--tags-from-ecs-meta-data"]';
const rehearsal: Rehearsal = {
  ...{ file: 'task.json', container: 'agent', launch: 'FARGATE', folder: '.gameday/rehearsal-1' },
  ...{ step: 'rehearsal', job: { ms: 45_000, why: 'so' }, executor: 'namespace', agent: 'stand-in agent' },
  ...{ differs: ['no image is run'], given, advice: null },
  fixed: {
    ...passing,
    ...{ file: '.gameday/rehearsal-1/fixed.json', rules: ['shell-form', 'stop-timeout-missing'] },
    diff: ['@@ task.json @@', OLD, NEW, '@@ task.json @@', '+ "stopTimeout": 120'],
  },
};

function shown(value: Rehearsal, columns = 80, rows = 24, colors = false): readonly string[] {
  const report = '.gameday/rehearsal-1/report.txt';
  return rehearsalCard(value, { columns, rows, colors, ms: 131_000, report });
}

it('a failed rehearsal ends with verdict, both definitions, cause, fix, the next command and one last line', () => {
  expect(shown(rehearsal)).toEqual([
    'FAILED: lost, not-drained  (exit code 10)  task.json, container agent [rig]',
    '                   as given                     fixed',
    'stop while busy    FAILED: lost, 30.1 s         PASSED: drained, 41.8 s',
    'stop while idle    FAILED: not-drained, 30.1 s  PASSED: retired, 46 ms',
    'stop near the end  FAILED: not-drained, 30.0 s  PASSED: drained, 4.9 s',
    'until SIGKILL      30.0 s                       2 min 0 s',
    expect.stringMatching(/^Cause {3}signal-eaten \(likely\): SIGTERM was eaten: .*…$/),
    'Fix     "entryPoint": ["buildkite-agent", "start", "--tags-from-ecs-meta-data"]',
    '        "stopTimeout": 120',
    'Fixed   .gameday/rehearsal-1/fixed.json',
    'Found   error shell-form (by preflight)',
    'Next    gameday drills show 20261124-120000-busy',
    'More    .gameday/rehearsal-1/report.txt',
    'Rehearsal: failed: lost, not-drained (exit code 10) in 2 min 11 s',
  ]);
});

it.each([
  [80, 24],
  [120, 40],
  [40, 10],
  [20, 5],
])('fits a screen of %i columns and %i rows, with its first and its last line', (columns, rows) => {
  const lines = shown(rehearsal, columns, rows);
  expect(lines.length).toBeLessThanOrEqual(Math.min(14, rows - 1));
  expect(lines[0]).toMatch(/^FAILED: lost/);
  expect(lines.at(-1)).toMatch(/^Rehearsal: failed/);
  // The last line is whole, even where the terminal wraps it.
  for (const text of lines.slice(0, -1)) expect(widthOf(text)).toBeLessThan(columns);
});

it('colours change nothing but the colour', () => {
  const painted = shown(rehearsal, 80, 24, true).join('\n');
  expect(painted).toContain(ESCAPE);
  expect(painted.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '').split('\n')).toEqual(shown(rehearsal));
});

it('what passes has no cause and no fix, and says what preflight found', () => {
  const lines = shown({ ...rehearsal, given: { ...passing, findings: given.findings }, fixed: null });
  expect(lines.join('\n')).not.toMatch(/Cause|Fix|Why|To do/);
  expect(lines).toContain('Found   error shell-form (by preflight)');
});

it('a fixed definition that fails too is no fix: what remains to do is said', () => {
  const fixed = rehearsal.fixed === null ? null : { ...rehearsal.fixed, drills: given.drills };
  const lines = shown({ ...rehearsal, fixed, advice: 'Make the step shorter.' });
  expect(lines).toContain('To do   Make the step shorter.');
  expect(lines.join('\n')).not.toContain('"stopTimeout"');
});

it('advice beside a fix that helps takes no room of the fix, and beside a pass it is a note', () => {
  const advice = 'A job that is longer is lost all the same. '.repeat(3).trim();
  const lines = shown({ ...rehearsal, advice });
  expect(lines).toContain('        "stopTimeout": 120');
  expect(lines.join('\n')).not.toContain('longer');
  expect(shown({ ...rehearsal, advice: 'Longer jobs are lost.' })).toContain('Note    Longer jobs are lost.');
  const passed = shown({ ...rehearsal, given: passing, fixed: null, advice }).join('\n');
  expect(passed.match(/longer/g)).toHaveLength(3);
  expect(passed).toContain('Note    A job');
});

it('a fix of more lines than there is room for is the file that has all of it', () => {
  const diff = Array.from({ length: 6 }, (_, nth) => ['@@ task.json @@', `+ "line": ${String(nth)}`]).flat();
  const fixed = rehearsal.fixed === null ? null : { ...rehearsal.fixed, diff };
  const text = shown({ ...rehearsal, fixed }).join('\n');
  expect(text).not.toContain('"line"');
  expect(text).toContain('Fixed   .gameday/rehearsal-1/fixed.json');
});

it('a line that is only to go is named as such, and drills without a cause say why they proved nothing', () => {
  const drills = [line('busy', 'inconclusive', 'not-settled', null), ...passing.drills.slice(1)];
  const arm = { ...passing, outcome: 'inconclusive', exitCode: 11, drills };
  const fixed = rehearsal.fixed === null ? null : { ...rehearsal.fixed, diff: ['@@ a @@', '- "pidMode": 1'] };
  const lines = shown({ ...rehearsal, given: arm, fixed });
  expect(lines).toContain('Why     busy said');
  expect(lines).toContain('Fix     without: "pidMode": 1');
});
