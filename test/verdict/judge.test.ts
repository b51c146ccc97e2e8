import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/list.ts';
import { CheckName } from '../../src/model/names.ts';
import { findingsOf } from '../../src/verdict/case.ts';
import { judge, verdictOfReason } from '../../src/verdict/judge.ts';
import { caseOf } from '../support/asking.ts';
import { AGENT_GONE, journalOf, LOST, story, T, type Told } from '../support/journal-builders.ts';
import { MATRIX } from './matrix.ts';

const DEAD: Told = { container: { exitCode: 137 }, job: LOST, agent: AGENT_GONE, build: { state: 'failed' } };

const rows = MATRIX.map((row) => {
  const [title, told, expected] = row;
  return { title, told, expected, name: row.length === 4 ? row[3] : null };
});
const failures = rows.filter(({ expected }) => expected.startsWith('failed '));

describe('judge', () => {
  it.each(rows)('$title', ({ told, expected }) => {
    const verdict = judge(story(told));
    expect(`${verdict.outcome} ${verdict.reason}`).toBe(expected);
  });

  it.each(failures)('names the cause of a failure: $title', ({ told, name }) => {
    const { cause } = judge(story(told));
    expect(cause?.ranked[0]?.name).toBe(name);
    expect(cause?.experiment === null).toBe(cause?.decided);
  });

  it.each(rows)('quotes every check and events that exist: $title', ({ told }) => {
    const journal = story(told);
    const { findings } = judge(journal);
    expect(findings.map(({ check }) => check)).toEqual([...CHECKS.map(({ name }) => name), 'observed']);
    for (const finding of findings)
      for (const event of finding.events) expect(journal.some(({ seq }) => seq === event)).toBe(true);
  });

  it('has a name for every check, and one check for every name but its own two', () => {
    expect([...CHECKS.map(({ name }) => name), 'observed', 'baseline', 'spared']).toEqual(CheckName.options);
  });

  it('rests a failure and a pass on events', () => {
    for (const told of [{}, DEAD]) {
      const decided = judge(story(told)).findings.filter(({ holds }) => holds === 'no' || holds === 'yes');
      expect(decided.some(({ events }) => events.length > 0)).toBe(true);
    }
  });

  it('takes what halted the drill for its verdict, before any check', () => {
    const halted = journalOf([
      ...story(DEAD).map(({ at, code, payload }) => [at, { code, payload } as never] as const),
      [T.looked + 20, { code: 'GD_HALTED', payload: { reason: 'kill-switch', said: 'it is on' } }],
    ]);
    expect(judge(halted)).toMatchObject({
      outcome: 'refused',
      reason: 'kill-switch',
      said: 'it is on',
      findings: [],
    });
  });

  it('gives a pass to no check that throws', () => {
    const about = caseOf({});
    const broken = {
      ...about,
      evidence: {
        ...about.evidence,
        last: () => {
          throw new Error('defect');
        },
      },
    };
    const findings = findingsOf(broken);
    const hurt = findings.filter(({ said }) => said.includes('defect'));
    expect(hurt.length).toBeGreaterThan(3);
    for (const finding of hurt)
      expect([finding.holds, finding.raises]).toEqual(['unknown', 'evidence-missing']);
  });

  it('has a next move and a meaning for a verdict without checks', () => {
    expect(verdictOfReason('no-such-step', 'no step')).toMatchObject({
      outcome: 'could-not-run',
      stage: 'before',
    });
    expect(() => judge([])).toThrow('GD_DRILL_PLANNED');
  });
});
