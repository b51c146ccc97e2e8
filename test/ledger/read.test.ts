import { describe, expect, it } from 'vitest';
import { keyOfRecord } from '../../src/ledger/document.ts';
import { documentOf } from '../../src/ledger/from-journal.ts';
import { readDocument } from '../../src/ledger/read.ts';
import { sumOf, textOf } from '../../src/ledger/seal.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { story } from '../support/journal-builders.ts';

const found = documentOf(story(), '1.0.0');
if (found === null) throw new Error('the drill has no document');
const document: LedgerDocument = found;
const key = keyOfRecord(document);

/** The document with other content, and the checksum that goes with it: anybody can compute one. */
function forge(over: Partial<LedgerDocument>): LedgerDocument {
  const { sum: _sum, ...record } = { ...document, ...over };
  return { ...record, sum: sumOf(record) };
}

const whyNot = (text: string, at = key): string => {
  const read = readDocument(at, text);
  return read.ok ? 'it counts' : `${read.refused.why}: ${read.refused.said}`;
};

describe('a document of the ledger', () => {
  it('counts where it is whole and in its place', () => {
    expect(readDocument(key, textOf(document))).toEqual({ ok: true, document });
  });

  it('does not count where it was cut at any byte', () => {
    const text = textOf(document).trimEnd();
    for (let length = 0; length < text.length; length += 7)
      expect(whyNot(text.slice(0, length))).toMatch(/^(cut|changed): /);
  });

  it('does not count where anything in it was changed', () => {
    const text = textOf(document);
    expect(whyNot(text.replace('"held"', '"no-trial"'))).toMatch(/^changed: its checksum is wrong/);
    expect(whyNot(text.replace('"jobs":1', '"jobs":9'))).toMatch(/^changed: its checksum is wrong/);
    expect(whyNot(text.replace('"jobs":1', '"jobs":-1'))).toMatch(/^changed: it does not fit: jobs/);
    expect(whyNot(text.replace('"jobs":1', '"jobs":1,"more":1'))).toMatch(/^changed: it does not fit/);
    expect(whyNot('null')).toMatch(/^changed: /);
  });

  it('does not count where its fingerprint or day does not follow from it, whatever its checksum says', () => {
    const other = 'f'.repeat(64);
    const foreign = forge({ fingerprint: other });
    expect(whyNot(textOf(foreign), keyOfRecord(foreign))).toMatch(/^forged: its fingerprint/);
    const moved = forge({ day: '2026-11-25' });
    expect(whyNot(textOf(moved), keyOfRecord(moved))).toMatch(/^forged: its day .* 2026-11-24$/);
  });

  it('does not count where a newer gameday wrote it, and says so', () => {
    expect(whyNot(JSON.stringify({ v: 2, everything: 'else' }))).toBe(
      'newer: it has version 2, and this gameday reads version 1: update gameday',
    );
  });

  it("does not count in another place than its own: the rig's among real ones, or under another drill", () => {
    const rig = forge({ world: 'rig' });
    expect(whyNot(textOf(rig))).toBe(`misplaced: it belongs to ${keyOfRecord(rig)}`);
    expect(whyNot(textOf(document), key.replace('.json', '-2.json'))).toBe(`misplaced: it belongs to ${key}`);
  });

  it('takes no drill whose name would lead elsewhere', () => {
    expect(whyNot(textOf(forge({ drill: '../../x' })))).toMatch(/^changed: it does not fit: drill/);
  });
});
