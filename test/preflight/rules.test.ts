import { describe, expect, test } from 'vitest';
import { applyEdits } from '../../src/preflight/judge.ts';
import { valueAt } from '../../src/preflight/json.ts';
import { RULES } from '../../src/preflight/list.ts';
import { casesOf, documentsOf, findingsOf, lookAt, rulesWithFixtures } from './fixtures.ts';

test('every rule has fixtures, and every fixture a rule', () => {
  expect(rulesWithFixtures()).toEqual(RULES.map(({ id }) => id).sort());
});

test('every severity that a rule claims is shown by a fixture, and no other', () => {
  for (const { id, severities } of RULES) {
    const shown = new Set(casesOf(id).map(({ severity }) => severity));
    expect({ id, shown: [...shown].sort() }).toEqual({ id, shown: [...severities].sort() });
  }
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test.each(casesOf(id).map((one) => [one.name, one] as const))('%s', (_, { bad, mended, severity }) => {
    const documents = documentsOf(bad);
    const findings = findingsOf(id, lookAt(documents, bad.live));
    expect(findings.map((finding) => finding.severity)).toEqual([severity]);
    for (const { document, path, seen, why, todo } of findings) {
      expect(valueAt(documents[document]?.value ?? {}, path)).toBeDefined();
      for (const text of [seen, why, todo]) expect(text.trim()).not.toBe('');
    }
    expect(findingsOf(id, lookAt(documentsOf(mended), mended.live))).toEqual([]);
    const edits = findings.flatMap((finding) => finding.edits);
    if (edits.length === 0) return;
    for (const edit of edits)
      expect(valueAt(documents[edit.document]?.value, edit.path)).toEqual(edit.before);
    const after = applyEdits(documents, edits);
    expect(after).toEqual(documentsOf(mended));
    expect(rule.sources.length).toBeGreaterThan(0);
  });
});
