import { describe, expect, it } from 'vitest';
import { lookupIn } from '../../src/scenario/interpolate.ts';
import { changed, GOOD, read, said, unmarked } from './marked.ts';

function errorOf(marked: string, variables: Readonly<Record<string, string>> = {}): void {
  const { text, at } = unmarked(marked);
  const reading = read(text, variables);
  expect(said(reading)[0]?.split(' ')[0]).toBe(at);
}

describe('interpolation', () => {
  it('replaces variables inside a value', () => {
    const text = changed('title: A step in flight survives', 'title: Drill of ${TEAM} on ${DAY}');
    expect(read(text, { TEAM: 'ci', DAY: 'Monday' }).scenario?.title).toBe('Drill of ci on Monday');
  });

  it('types a value that is wholly one variable', () => {
    const text = changed('inFlightFor: 3s', 'attempts: ${N}').concat(
      'safety: { allowLastWorker: "${LAST}" }\n',
    );
    const scenario = read(text, { N: '3', LAST: 'true' }).scenario;
    expect(scenario?.when.attempts).toBe(3);
    expect(scenario?.safety.allowLastWorker).toBe(true);
  });

  it.each(['1234567', '12e4567', '0012345', 'true', 'null', '0x1f'])(
    'keeps the commit %s as it is',
    (commit) => {
      const text = changed('  pipeline: canary', '  pipeline: canary\n  commit: ${COMMIT}');
      expect(read(text, { COMMIT: commit }).scenario?.build.commit).toBe(commit);
      const literal = changed('  pipeline: canary', `  pipeline: canary\n  commit: ${commit}`);
      if (commit !== 'null') expect(read(literal).scenario?.build.commit).toBe(commit);
    },
  );

  it('takes numbers and booleans of env as they were written', () => {
    const text = changed(
      '  pipeline: canary',
      '  pipeline: canary\n  env: { A: 010, B: yes, C: true, D: 1.50, E: "${EMPTY}" }',
    );
    const env = { A: '010', B: 'yes', C: 'true', D: '1.50', E: '' };
    expect(read(text, { EMPTY: '' }).scenario?.build.env).toEqual(env);
  });

  it('keeps what is escaped', () => {
    const text = changed('title: A step in flight survives', 'title: "$${A} and $${ and ${A} and $A and $$"');
    expect(read(text, { A: 'x' }).scenario?.title).toBe('${A} and ${ and x and $A and $$');
  });

  it('does not look for variables in a value that a variable gave', () => {
    const text = changed('title: A step in flight survives', 'title: on ${A}');
    expect(read(text, { A: '${B}' }).scenario?.title).toBe('on ${B}');
  });

  it('names an unset variable once, at its place', () => {
    const { text, at } = unmarked(changed('inFlightFor: 3s', 'inFlightFor: ▶${LONG}'));
    const reading = read(text);
    expect(said(reading)).toEqual([`${at} the variable LONG is not set`]);
    expect(reading.problems[0]?.next).toBe('Give --var LONG=value, or set it in the environment.');
  });

  it('points at the second variable of a value', () => {
    errorOf(changed('title: A step in flight survives', 'title: "\\u0041 ${A} ▶${B}"'), { A: 'x' });
  });

  it.each(['▶${A', '▶${}', '▶${A:-b}', '▶${1A}'])('refuses %s', (reference) => {
    errorOf(changed('title: A step in flight survives', `title: "${reference}"`), { A: 'x' });
  });

  it.each([
    ['version: 1', 'version: ▶${A}', 'version cannot be a variable'],
    ['fault: stop-task', 'fault: ▶${A}', 'inject.fault cannot be a variable'],
    ['inFlightFor: 3s', 'trigger: ▶${A}', 'when.trigger cannot be a variable'],
  ])('refuses a variable instead of %s', (piece, by, says) => {
    const { text, at } = unmarked(changed(piece, by));
    expect(said(read(text, { A: '1' }))).toEqual([`${at} ${says}`]);
  });

  it('does not touch keys', () => {
    const { text, at } = unmarked(`${GOOD}▶"\${A}": 1\n`);
    expect(said(read(text, { A: 'rig' }))).toEqual([`${at} unknown key "\${A}"`]);
  });

  it('says that a variable in a flow map must be quoted', () => {
    const { text, at } = unmarked(
      changed(
        'inject:\n  fault: stop-task',
        'inject: { fault: none }\nlimits: { pollEvery: ▶${POLL}, verdictWithin: 5m }',
      ),
    );
    const reading = read(text, { POLL: '2s' });
    expect(said(reading)).toEqual([`${at} \${POLL} is not in quotes`]);
    expect(reading.problems[0]?.next).toBe(
      'Write "${POLL}": inside { } and [ ] a variable must stand in quotes.',
    );
  });

  it('does not show the value of a variable in an error', () => {
    const reading = read(changed('inFlightFor: 3s', 'inFlightFor: ${PASSWORD}'), {
      PASSWORD: 'correct horse',
    });
    expect(said(reading)[0]).toContain('got "${PASSWORD}"');
    expect(JSON.stringify(reading.problems)).not.toContain('horse');
  });

  it('takes --var before the environment, and no inherited names', () => {
    const lookup = lookupIn({ A: 'var' }, { A: 'env', B: 'env' });
    expect([lookup('A'), lookup('B'), lookup('toString')]).toEqual(['var', 'env', undefined]);
  });
});

describe('secrets', () => {
  const text = `${changed('  pipeline: canary', '  pipeline: canary\n  env: { KEY: "Bearer ${TOKEN}" }')}secrets: [TOKEN, KEY]\n`;

  it('gives the values that must be hidden', () => {
    expect(read(text, { TOKEN: 'abcdefgh' }).secrets).toEqual(['abcdefgh', 'Bearer abcdefgh']);
  });

  it('refuses a value that is too short to be hidden', () => {
    expect(said(read(text, { TOKEN: 'abcdefg' }))).toEqual([
      '16:11 secrets: the value of TOKEN has fewer than 8 characters and cannot be hidden',
    ]);
  });
});
