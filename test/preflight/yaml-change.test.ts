import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, Path } from '../../src/preflight/json.ts';
import { withValue } from '../../src/preflight/json.ts';
import type { Hunk } from '../../src/preflight/text.ts';
import { readPipeline, readYaml } from '../../src/preflight/yaml.ts';
import '../support/seed.ts';

const BACKSTOP = { exit_status: -1, limit: 2 };

function read(text: string) {
  const found = readPipeline(text);
  if ('why' in found) throw new Error(found.why);
  return found;
}

/** The file with the lines changed, as somebody would who follows what is shown. */
function follow(text: string, hunks: readonly Hunk[]): string {
  const lines = text.split(/\r?\n/);
  for (const { line, removed, added } of hunks.toReversed()) {
    expect(lines.slice(line - 1, line - 1 + removed.length)).toEqual(removed);
    lines.splice(line - 1, removed.length, ...added);
  }
  return lines.join('\n');
}

/** The changed lines, and whether they make the file say what was wanted. */
function change(lines: readonly string[], path: Path, after: Json | undefined): readonly string[] | null {
  const text = lines.join('\n');
  const source = read(text);
  const hunks = source.change?.(path, after) ?? null;
  if (hunks === null) return null;
  const { value } = read(follow(text, hunks));
  expect(value).toEqual(withValue(source.value, path, after));
  return hunks.flatMap(({ line, removed, added }) => [
    String(line),
    ...removed.map((one) => `-${one}`),
    ...added.map((one) => `+${one}`),
  ]);
}

describe('the lines of a pipeline that change', () => {
  test('a rule comes before those that are there, whose quotes and comments stay', () => {
    const lines = [
      'steps:',
      '  - label: ":hammer: build"',
      '    command: make',
      '  - label: test # slow',
      '    retry:',
      '      automatic:',
      "        - exit_status: '*' # anything",
      '          limit: 1',
      '    command: make test',
    ];
    expect(
      change(lines, ['steps', 1, 'retry'], { automatic: [BACKSTOP, { exit_status: '*', limit: 1 }] }),
    ).toEqual(['7', '+        - exit_status: -1', '+          limit: 2']);
  });

  test('what a step lacks comes behind its last line, not behind the comment of the next', () => {
    const lines = [
      'env:',
      '  A: b',
      'steps:',
      '- command: |',
      '    make',
      '    # done',
      '',
      '# the next',
      '- wait',
    ];
    expect(change(lines, ['steps', 0, 'retry'], { automatic: [BACKSTOP] })).toEqual([
      '7',
      '+  retry:',
      '+    automatic:',
      '+    - exit_status: -1',
      '+      limit: 2',
    ]);
  });

  test('a value on its line is replaced, its comment stays', () => {
    const lines = [
      'steps:',
      '  - command: a',
      '    retry:',
      '      automatic: true # twice',
      '      manual: false',
    ];
    expect(change(lines, ['steps', 0, 'retry'], { automatic: [BACKSTOP], manual: false })).toEqual([
      '4',
      '-      automatic: true # twice',
      '+      automatic: # twice',
      '+        - exit_status: -1',
      '+          limit: 2',
    ]);
  });

  test('what stands in brackets stays in brackets', () => {
    const lines = ['steps:', '  - command: a', '    retry: { automatic: true }'];
    expect(
      change(lines, ['steps', 0, 'retry'], { automatic: [BACKSTOP, { exit_status: '*', limit: 2 }] }),
    ).toEqual([
      '3',
      '-    retry: { automatic: true }',
      '+    retry: { automatic: [{ exit_status: -1, limit: 2 }, { exit_status: "*", limit: 2 }] }',
    ]);
  });

  test('the first member of a step goes, and its dash stays', () => {
    const lines = ['steps:', '  - depends_on: nobody', '    command: a'];
    expect(change(lines, ['steps', 0, 'depends_on'], undefined)).toEqual([
      '2',
      '-  - depends_on: nobody',
      '-    command: a',
      '+  - command: a',
    ]);
  });

  test('one entry of a list goes; a bare list of steps has the same lines', () => {
    const lines = ['- key: a', '  command: a', '- command: b', '  depends_on:', '    - a', '    - "z"'];
    expect(change(lines, ['steps', 1, 'depends_on'], ['a'])).toEqual(['6', '-    - "z"']);
  });

  test('of equal entries only as many go as are too many', () => {
    const lines = ['steps:', '  - command: a', '    depends_on:', '      - x', '      - x', '    key: a'];
    expect(change(lines, ['steps', 0, 'depends_on'], ['x'])).toEqual(['5', '-      - x']);
  });

  test('a step in a group, indented by four', () => {
    const lines = ['steps:', '    - group: g', '      steps:', '          - command: a', '', '    - wait: ~'];
    expect(change(lines, ['steps', 0, 'steps', 0, 'key'], 'integration')).toEqual([
      '5',
      '+            key: integration',
    ]);
  });

  test('what a merge brings is overridden in the step', () => {
    const lines = [
      'x: &shared',
      '  retry: { automatic: true }',
      'steps:',
      '  - <<: *shared',
      '    command: a',
    ];
    expect(change(lines, ['steps', 0, 'retry'], { automatic: [BACKSTOP] })).toEqual([
      '6',
      '+    retry:',
      '+      automatic:',
      '+        - exit_status: -1',
      '+          limit: 2',
    ]);
  });

  test('a step that is an alias changes where it stands', () => {
    const lines = ['x: &step', '  command: a', 'steps:', '  - *step'];
    const found = read(lines.join('\n')).change?.(['steps', 0, 'key'], 'a');
    expect(found).toEqual([{ line: 3, removed: [], added: ['  key: a'] }]);
  });

  test('inside brackets no line can be shown alone', () => {
    expect(change(['steps: [{ command: a }]'], ['steps', 0, 'key'], 'a')).toBeNull();
    expect(change(['steps:', '  - { command: a }'], ['steps', 0, 'key'], 'a')).toBeNull();
    expect(change(['{ "steps": [{ "command": "a" }] }'], ['steps', 0, 'key'], 'a')).toBeNull();
  });

  test('a file of Windows, and one that ends without a line', () => {
    expect(change(['steps:\r', '  - command: a\r', ''], ['steps', 0, 'key'], 'a')).toEqual([
      '3',
      '+    key: a',
    ]);
    expect(change(['steps:', '  - command: a'], ['steps', 0, 'key'], 'a')).toEqual(['3', '+    key: a']);
  });

  test('a secret in a line that goes is not shown', () => {
    const lines = [
      'steps:',
      '  - depends_on: z',
      '    command: curl --token bkua_0123456789012345678901234567890123456789',
    ];
    const source = read(lines.join('\n'));
    expect(JSON.stringify(source.change?.(['steps', 0, 'depends_on'], undefined))).not.toContain('bkua_0123');
  });
});

const scalar = fc.constantFrom<Json>('a', '*', 'x: y', '# no', '', true, null, -1, 7, 'two\nlines', '- z');
const value = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'v' },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c d'), tie('any'), { maxKeys: 3 }),
  ),
})).any;

test('whatever a member is and becomes, who follows the lines has it', async () => {
  const { stringify } = await import('yaml');
  fc.assert(
    fc.property(
      value,
      fc.option(value, { nil: undefined }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(2, 4),
      (before, after, indentSeq, isFirst, indent) => {
        const step = isFirst ? { retry: before, command: 'a' } : { command: 'a', retry: before };
        const text = stringify({ steps: [step, 'wait'], z: 1 }, { indentSeq, indent });
        const source = readYaml(text);
        if ('why' in source) throw new Error(source.why);
        const path = ['steps', 0, 'retry'];
        const hunks = source.change?.(path, after) ?? null;
        if (hunks === null) return;
        expect(readYaml(follow(text, hunks))).toMatchObject({ value: withValue(source.value, path, after) });
      },
    ),
    { numRuns: 500 },
  );
});
