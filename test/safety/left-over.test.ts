import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatUndoMark,
  parseUndoMark,
  UNDO_TAG,
  type UndoMark,
} from '../../src/model/entities/undo-mark.ts';
import { explainLeftOver } from '../../src/safety/left-over.ts';
import { aService } from '../support/builders.ts';

/** ECS API reference, Tag: at most 256 characters of letters, digits, spaces and these. */
const OF_ECS = /^[A-Za-z0-9 +\-=._:/@]{0,256}$/;

const drill = fc.stringMatching(/^[A-Za-z0-9._-]{1,80}$/);
const count = fc.nat(10_000);
const anyMark: fc.Arbitrary<UndoMark> = fc.record({
  drill,
  change: fc.oneof(
    fc.record({
      ...{ kind: fc.constant('desired-count' as const), former: count, set: count },
      suspended: fc.option(fc.record({ in: fc.boolean(), out: fc.boolean(), scheduled: fc.boolean() })),
    }),
    fc.record({ kind: fc.constant('minimum-capacity' as const), former: count, set: count }),
    fc.record({ kind: fc.constant('draining' as const), instance: fc.stringMatching(/^[0-9a-f-]{32,36}$/) }),
  ),
  until: fc
    .date({ min: new Date('2000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
    .map((date) => Math.trunc(date.getTime() / 1000) * 1000),
});

describe('the mark of an undo', () => {
  it('is a value that ECS takes, and is read back as what it was', () => {
    fc.assert(
      fc.property(anyMark, (mark) => {
        const value = formatUndoMark(mark);
        expect(value).toMatch(OF_ECS);
        expect(parseUndoMark(value)).toEqual(mark);
      }),
    );
  });

  it('is one that a person can read', () => {
    const until = Date.UTC(2026, 0, 2, 3, 26, 5);
    const change = { kind: 'desired-count', former: 3, set: 2, suspended: null } as const;
    expect(formatUndoMark({ drill: '20260102-030405-0123456789abcdef', change, until })).toBe(
      'drill=20260102-030405-0123456789abcdef desired=3 set=2 until=2026-01-02T03:26:05Z',
    );
    const suspended = { in: true, out: false, scheduled: true };
    expect(formatUndoMark({ drill: 'a', change: { ...change, suspended }, until })).toBe(
      'drill=a desired=3 set=2 suspended=in+scheduled until=2026-01-02T03:26:05Z',
    );
  });

  it.each([
    '',
    'off',
    'drill=a desired=3 until=2026-01-02T03:26:05Z',
    'drill=a desired=3 set=2 until=never',
    'drill=a desired=3 set=2 suspended=all until=2026-01-02T03:26:05Z',
  ])('is not "%s"', (value) => expect(parseUndoMark(value)).toBeNull());

  it.each(['2026-02-30T03:26:05Z', '2026-01-02T24:00:00Z'])('has no end at %s', (until) =>
    expect(parseUndoMark(`drill=a desired=3 set=2 until=${until}`)).toBeNull(),
  );

  it('of a drill without a proper id is none', () => {
    const change = { kind: 'draining', instance: 'feed' } as const;
    expect(() => formatUndoMark({ drill: 'a b', change, until: 0 })).toThrow('no value of a tag');
  });
});

describe('a service', () => {
  const value = 'drill=other desired=3 set=2 until=2026-01-02T03:26:05Z';
  const marked = (tag: string) => aService({ tags: { team: 'ci', [UNDO_TAG]: tag } });

  it('without a mark, or with our own, has nothing left over', () => {
    expect(explainLeftOver(aService(), 'build-prod', 'ours')).toBeNull();
    expect(explainLeftOver(marked(value), 'build-prod', 'other')).toBeNull();
  });

  it("with another drill's mark says what was changed, until when, and the command", () => {
    const said = explainLeftOver(marked(value), 'arn:aws:ecs:us-east-1:1:cluster/build-prod', 'ours');
    expect(said).toContain('drill other set its desired count from 3 to 2');
    expect(said).toContain('2026-01-02 03:26:05 UTC');
    expect(said).toContain('`gameday drills abort --cluster build-prod --service build-agents`');
    expect(explainLeftOver(marked(value), 'build-prod', null)).toContain('drill other');
  });

  it('with a value that nobody can read refuses too, and says how the tag is removed', () => {
    const said = explainLeftOver(marked('kept'), 'build-prod', 'ours');
    expect(said).toContain('"kept"');
    expect(said).toContain('aws ecs untag-resource');
  });
});
