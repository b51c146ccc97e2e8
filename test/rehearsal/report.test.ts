import { expect, test } from 'vitest';
import { rehearsalLines } from '../../src/rehearsal/report.ts';
import type { Arm, DrillLine, Rehearsal } from '../../src/rehearsal/document.ts';

function line(drill: DrillLine['drill'], outcome: string, reason: string, drain: number | null): DrillLine {
  const scenario = `out/given/${drill}.yaml`;
  return {
    drill,
    scenario,
    played: drill === 'idle' ? 2 : 1,
    outcome,
    reason,
    exitCode: 0,
    said: `${drill} said`,
    cause: outcome === 'failed' ? { name: 'signal-eaten', weight: 'proven', said: 'not heard' } : null,
    drain,
    journal: `${drill}.jsonl`,
  };
}

const given: Arm = {
  ...{ outcome: 'failed', exitCode: 10, window: 30_000 },
  findings: [{ rule: 'shell-form', severity: 'error', seen: 'a shell \u001b[31m', todo: 'exec' }],
  drills: [
    line('busy', 'failed', 'lost', 30_012),
    line('idle', 'passed', 'retired', 90),
    line('near-end', 'inconclusive', 'finished-before-stop', null),
  ],
};

const rehearsal: Rehearsal = {
  ...{ file: 'td.json', container: 'agent', launch: 'FARGATE', folder: 'out', step: 'tests' },
  job: { ms: 45_000, why: 'so' },
  ...{ executor: 'namespace', agent: 'real agent', differs: ['no image is run'], given },
  fixed: {
    ...{ ...given, outcome: 'passed', exitCode: 0, window: 120_000, findings: [] },
    drills: [line('busy', 'passed', 'drained', 42_000)],
    ...{ file: 'out/fixed.json', rules: ['shell-form'], diff: ['@@ td.json @@', '+ "stopTimeout": 120'] },
  },
  advice: 'Make the step shorter.',
};

function shown(value: Rehearsal, colors = false): string {
  return rehearsalLines(value, { columns: 100, colors }).join('\n');
}

test('both definitions stand side by side, the drains against the time until SIGKILL', () => {
  const text = shown(rehearsal);
  for (const row of [
    /^ {2}error shell-form: a shell \\u001b\[31m$/m,
    /^stop while busy +FAILED: lost +PASSED: drained$/m,
    /^ {2}drain, busy +killed after 30\.0 s of 30\.0 s +42\.0 s of 2 min 0 s$/m,
    /^stop while idle +PASSED: retired +no result$/m,
    /^ {2}drain, idle +90 ms of 30\.0 s +-$/m,
    /^ {2}drain, near-end +not measured +-$/m,
    /^ {2}as given, stop while busy: busy said\n {2}cause: signal-eaten \(proven\): not heard$/m,
    /^ {2}as given, stop while idle: idle said \(run 2 times: a disturbed run proved nothing\)$/m,
    /^preflight +1 error +no findings$/m,
    /^Fixed by shell-form: out\/fixed\.json$/m,
    /^ {2}Make the step shorter\.$/m,
    /^ {2}\$ gameday run --rig out\/given\/busy\.yaml$/m,
    /^Rehearsal: failed: lost \(exit code 10\)$/m,
  ])
    expect(text).toMatch(row);
});

test('what was not fixed has one column', () => {
  const text = shown({ ...rehearsal, fixed: null, advice: null });
  expect(text).toMatch(/^stop while busy +FAILED: lost$/m);
  expect(text).not.toMatch(/fixed|Fixed|What remains to do/);
});

test('colours change no width', () => {
  const bare = shown(rehearsal, true).replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
  expect(bare).toBe(shown(rehearsal));
});

test('no heading is wider than the screen, where its words allow it', () => {
  const launch = "the definition's requiresCompatibilities FARGATE";
  const lines = rehearsalLines({ ...rehearsal, launch }, { columns: 50, colors: false });
  expect(lines.slice(0, 2).join(' ')).toBe(`Rehearsal of td.json, container agent; ${launch}`);
  for (const line of lines.slice(0, 2)) expect(line.length).toBeLessThanOrEqual(50);
});
