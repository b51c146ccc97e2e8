import { expect, test } from 'vitest';
import { isNoAnswer, textOf } from '../../src/mcp/report.ts';

const LOST = { drill: 'busy', outcome: 'failed', reason: 'lost', said: 'the job was lost' };
const KEPT = { drill: 'busy', outcome: 'passed', reason: 'drained', said: 'the job was finished' };

test('a rehearsal is told as given and with the changes', () => {
  const rehearsal = { given: { drills: [LOST] }, fixed: { drills: [KEPT] }, advice: null };
  const text = textOf({ version: 1, outcome: 'failed', reason: 'lost', exitCode: 10, rehearsal }, ['said']);
  expect(text.split('\n')).toEqual([
    'failed (lost), exit code 10',
    'as given, busy: failed (lost): the job was lost',
    'with the changes of preflight, busy: passed (drained): the job was finished',
  ]);
});

test('what a command said before it refused is told too: it names what would run', () => {
  const errors = [{ message: 'nobody agreed', at: null, next: 'Ask a person.' }];
  const refused = { version: 1, outcome: 'refused', reason: 'confirm-needed', exitCode: 3, errors };
  expect(textOf(refused, ['This runs on this machine: ./agent']).split('\n')).toEqual([
    'refused (confirm-needed), exit code 3',
    'This runs on this machine: ./agent',
    'nobody agreed: Ask a person.',
  ]);
  expect(isNoAnswer(refused)).toBe(true);
});

test('of doctor, what is in order is left to the document', () => {
  const findings = [
    { check: 'token', status: 'ok', said: 'it is valid', next: null },
    { check: 'service', status: 'blocking', said: 'it has no tasks', next: 'Start one.' },
  ];
  const scenarios = [{ file: 'drill.yaml', findings }];
  expect(textOf({ version: 1, outcome: 'failed', exitCode: 10, scenarios }, [])).toBe(
    'failed, exit code 10\ndrill.yaml: blocking: service: it has no tasks: Start one.',
  );
});

test('numbers are told with their notes', () => {
  const losses = { total: { runs: 200, lost: 3, undecided: 1 }, notes: ['A note.'] };
  expect(textOf({ version: 1, outcome: 'clean', exitCode: 0, losses }, [])).toBe(
    'clean, exit code 0\njob runs: 200; lost: 3; lost or not, nobody knows: 1\nA note.',
  );
  const forecast = { loss: 0.123456, notes: [] };
  expect(textOf({ version: 1, outcome: 'planned', exitCode: 0, forecast }, [])).toBe(
    'planned, exit code 0\nof the jobs in flight at a stop, this share is lost: 0.123',
  );
});

test('a failed drill and an inconclusive one are answers', () => {
  for (const outcome of ['failed', 'inconclusive', 'passed', 'planned', 'listed', 'clean'])
    expect(isNoAnswer({ version: 1, outcome, exitCode: 0 }), outcome).toBe(false);
});

test('a thousand drills make a short text', () => {
  const drills = Array.from({ length: 1_000 }, () => LOST);
  const lines = textOf({ version: 1, outcome: 'failed', exitCode: 10, drills }, []).split('\n');
  expect(lines).toHaveLength(31);
  expect(lines.at(-1)).toBe('and 971 more, in the document');
});
