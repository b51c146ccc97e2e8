import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../src/preflight/dockerfile.ts';
import '../../support/seed.ts';

/** What one instruction says, and its lines. */
interface Written {
  readonly words: readonly string[];
  readonly text: string;
}

const SHELL = ['/bin/sh', '-c'];

/** What may stand between two parts of an instruction: blanks, or a line end with comments and empty lines behind it. */
const gap = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(' ', '  ', '\t') },
  fc
    .array(fc.constantFrom('# a comment\n', '   # CMD ["no"] \\\n', '\n', ' \t\n'), { maxLength: 3 })
    .map((between) => ` \\\n${between.join('')}  `),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('$A', '${B}', 'a#b', '# no', '"', "'", '\\', '\\\\"', '[', ']', ',', '<<EOF', 'ENTRYPOINT'),
);
/** A word of a shell command: with no escape at its end, which would go on to the next line. */
const plain = fc.constantFrom(
  'buildkite-agent',
  'start',
  '--spawn=1',
  '"a b"',
  "'c'",
  '$D',
  '&&',
  '|',
  'x#y',
  '[',
  '<<EOF',
);

const execForm = fc.array(text, { minLength: 1, maxLength: 5 }).chain((words) =>
  fc.array(gap, { minLength: words.length * 2, maxLength: words.length * 2 }).map((gaps): Written => {
    const list = words.map(
      (word, index) => `${gaps[index * 2] ?? ''}${JSON.stringify(word)}${gaps[index * 2 + 1] ?? ''}`,
    );
    return { words, text: `[${list.join(',')}]` };
  }),
);
const shellForm = fc.array(fc.tuple(plain, gap), { minLength: 1, maxLength: 5 }).map((pairs): Written => {
  const joined = pairs.map(([word, between], index) => ({
    word,
    between: index === pairs.length - 1 ? '' : between,
  }));
  const line = joined.map(({ word, between }) => word + (between.includes('\n') ? '   ' : between)).join('');
  return { words: [...SHELL, line], text: joined.map(({ word, between }) => word + between).join('') };
});
const start = fc.oneof(execForm, shellForm);
/** Lines that change nothing about how the image starts. */
const other = fc.constantFrom(
  '# ENTRYPOINT ["no"]',
  '',
  'RUN echo ENTRYPOINT \\\n  no',
  'RUN <<EOF\nENTRYPOINT ["no"]\nCMD no\nEOF',
  'COPY <<-"END" /x\n\tCMD no\n\tEND',
  'LABEL cmd="CMD no"',
  'ONBUILD ENTRYPOINT ["no"]',
  'HEALTHCHECK CMD no',
  'WORKDIR /x',
);
const others = fc.array(other, { maxLength: 3 }).map((lines) => lines.map((line) => `${line}\n`).join(''));
const keyword = (name: string) => fc.constantFrom(name, name.toLowerCase(), `  ${name}`);

describe('whatever was written is read', () => {
  test('ENTRYPOINT and CMD in both forms, with continued lines, comments and other instructions between', () => {
    const file = fc.record({
      before: others,
      entry: start,
      entryWord: keyword('ENTRYPOINT'),
      between: others,
      command: start,
      commandWord: keyword('CMD'),
      after: others,
      isSwapped: fc.boolean(),
      end: fc.constantFrom('\n', '\r\n'),
      stage: fc.constantFrom('', 'FROM y AS z\nENTRYPOINT no\nCMD no\n'),
    });
    fc.assert(
      fc.property(file, (one) => {
        const lines = [`${one.entryWord} ${one.entry.text}\n`, `${one.commandWord} ${one.command.text}\n`];
        const [first = '', second = ''] = one.isSwapped ? lines.toReversed() : lines;
        const whole = `${one.stage}FROM x\n${one.before}${first}${one.between}${second}${one.after}`;
        const answer = readDockerfile(whole.replaceAll('\n', one.end));
        if ('why' in answer) throw new Error(`${answer.at} ${answer.why}`);
        expect(answer.value).toMatchObject({ Entrypoint: one.entry.words, Cmd: one.command.words });
      }),
      { numRuns: 300 },
    );
  });

  test('no text makes the reader throw, and every error has a place', () => {
    const piece = fc.constantFrom(
      'FROM x',
      '\n',
      'ENTRYPOINT ',
      'CMD ',
      'ENV ',
      'ARG A=',
      '["',
      '"]',
      ' \\\n',
      '${',
      '}',
      '$A',
      "'",
      '"',
      '<<A',
      'A',
      '=',
      '# escape=`\n',
      'SHELL ',
      'ONBUILD ',
      '`',
      '\0',
      '\u{feff}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const answer = readDockerfile(pieces.join(''));
        if ('why' in answer) expect(answer.at).toMatch(/^\d+:\d+$/);
        else expect(answer.place(['Entrypoint'])).toMatch(/^\d+:\d+$/);
      }),
      { numRuns: 500 },
    );
  });
});
