import '../support/seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hooksIn, isHook, protectionCallsIn } from '../../src/preflight/hooks.ts';
import { applyEdits } from '../../src/preflight/judge.ts';
import { documentsOf, findingsOf, lookAt } from './fixtures.ts';

const agent = { name: 'agent', command: ['buildkite-agent', 'start'], stopTimeout: 30 };
const taskDefinition = { requiresCompatibilities: ['EC2'], containerDefinitions: [agent] };
const withHooks = (files: Readonly<Record<string, string | null>>) => ({
  ...documentsOf({ taskDefinition }),
  hooks: hooksIn('hooks', files),
});
const callsOf = (text: string, file = 'pre-command') => protectionCallsIn(withHooks({ [file]: text })) ?? [];
const PUT = 'curl -X PUT "$ECS_AGENT_URI/task-protection/v1/state" -d';

describe('what a hook asks for', () => {
  test.each<[string, string, boolean | null, number | null]>([
    ['in single quotes', `${PUT} '{"ProtectionEnabled":true,"ExpiresInMinutes":60}'`, true, 60],
    ['in double quotes', `${PUT} "{\\"ProtectionEnabled\\": true, \\"ExpiresInMinutes\\": 45}"`, true, 45],
    ['in the other order', `${PUT} '{"ExpiresInMinutes":"30","ProtectionEnabled":true}'`, true, 30],
    ['without minutes: two hours', `${PUT} '{"ProtectionEnabled":true}'`, true, 120],
    [
      'with computed minutes',
      `${PUT} "{\\"ProtectionEnabled\\":true,\\"ExpiresInMinutes\\":\${LONG:-9}}"`,
      true,
      null,
    ],
    [
      'over several lines',
      `${PUT} @- <<END\n{\n  "ProtectionEnabled": true,\n  "ExpiresInMinutes": 90\n}\nEND`,
      true,
      90,
    ],
    ["in jq's words", `jq -n '{ProtectionEnabled: false}' | ${PUT} @-`, false, 120],
    ['to lift it', `${PUT} '{"ProtectionEnabled":false}'`, false, 120],
    ['as its caller says', `${PUT} "{\\"ProtectionEnabled\\":$1}"`, null, 120],
    ['in a file', `${PUT} @/etc/protect.json`, null, null],
    [
      'of the AWS CLI',
      'aws ecs update-task-protection \\\n  --tasks "$T" \\\n  --protection-enabled --expires-in-minutes 15',
      true,
      15,
    ],
    [
      'of the AWS CLI, to lift it',
      'aws --region x ecs update-task-protection --tasks "$T" --no-protection-enabled',
      false,
      120,
    ],
  ])('%s', (_, text, enables, minutes) => {
    expect(callsOf(text)).toMatchObject([{ enables, minutes, runs: 'before' }]);
  });

  test.each([
    ['a comment', `# ${PUT} '{"ProtectionEnabled":true}'`],
    ['a question', 'curl -s "$ECS_AGENT_URI/task-protection/v1/state"'],
    ['another endpoint', 'curl -X PUT -d "{\\"Enabled\\":true}" "$URL/v1/state"'],
    ['nothing', ''],
  ])('%s asks for nothing', (_, text) => {
    expect(callsOf(text)).toEqual([]);
  });

  test('the place is the line that says it', () => {
    expect(callsOf(`#!/bin/sh\nset -e\n${PUT} '\n{"ProtectionEnabled":true}'`)[0]?.path).toEqual([
      'pre-command',
      3,
    ]);
  });

  test.each([
    ['pre-exit', 'after'],
    ['post-command.sh', 'after'],
    ['environment', 'before'],
    ['agent-shutdown', 'once'],
  ])('%s runs %s', (file, runs) => {
    expect(isHook(file)).toBe(true);
    expect(callsOf(`${PUT} '{"ProtectionEnabled":true}'`, file)[0]?.runs).toBe(runs);
  });

  test('only the names of hooks are hooks', () => {
    expect(['pre-command.sample.d', 'README.md', 'lib', '.pre-exit'].map(isHook)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('whatever the minutes, the change sets them and nothing else', () => {
    const number = fc.integer({ min: 1, max: 2880 });
    const forms = [
      (m: string) => `${PUT} '{"ProtectionEnabled":true${m && `,"ExpiresInMinutes":${m}`}}'`,
      (m: string) => `${PUT} "{\\"ProtectionEnabled\\": true${m && `, \\"ExpiresInMinutes\\": ${m}`} }"`,
      (m: string) =>
        `aws ecs update-task-protection --tasks t --protection-enabled${m && ` --expires-in-minutes ${m}`} && make`,
    ];
    fc.assert(
      fc.property(fc.option(number), number, fc.constantFrom(...forms), (before, after, form) => {
        const documents = withHooks({
          'pre-command': `set -e\n${form(before === null ? '' : String(before))}\ntrue`,
        });
        const [call] = protectionCallsIn(documents) ?? [];
        expect(call?.minutes).toBe(before ?? 120);
        const changed = applyEdits(documents, call?.setMinutes(after) ?? []);
        expect(protectionCallsIn(changed)).toMatchObject([
          { enables: true, minutes: after, path: call?.path },
        ]);
        const [, line] = (changed.hooks?.value['pre-command'] ?? []) as readonly string[];
        expect(line?.replaceAll(' ', '')).toBe(form(String(after)).replaceAll(' ', ''));
      }),
    );
  });

  test('any text is read, and quickly enough to end', () => {
    const pieces = [
      '{',
      '}',
      '${',
      '"ProtectionEnabled"',
      ':',
      'true',
      '\\',
      '\n',
      'aws ',
      'update-task-protection',
      ' ',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 400 }), (parts) => {
        for (const call of callsOf(parts.join(''))) expect(call.path[0]).toBe('pre-command');
      }),
    );
  });
});

describe('what is not known is said, and never found', () => {
  const on = `${PUT} '{"ProtectionEnabled":true}'`;
  const rules = ['protection-expiry', 'protection-not-lifted'];
  test.each<[string, Readonly<Record<string, string | null>>, string, string]>([
    [
      'a lift by an argument',
      { 'pre-command': on, 'pre-exit': `${PUT} "$1"` },
      'protection-not-lifted',
      'pre-exit',
    ],
    ['a program at the end', { 'pre-command': on, 'pre-exit': null }, 'protection-not-lifted', 'pre-exit'],
    [
      'the longest job',
      { 'pre-command': on, 'pre-exit': on.replace('true', 'false') },
      'protection-expiry',
      '120 min',
    ],
    [
      'computed minutes',
      { 'pre-command': `${PUT} '{"ProtectionEnabled":true,"ExpiresInMinutes":$M}'` },
      'protection-expiry',
      'pre-command',
    ],
  ])('%s', (_, files, rule, about) => {
    const found = lookAt(withHooks(files));
    expect(found.unknown.filter((one) => one.rule === rule).map(({ said }) => said)).toEqual([
      expect.stringContaining(about),
    ]);
    expect(findingsOf(rule, found)).toEqual([]);
  });

  test('where no hook protects, nothing is said of a protection', () => {
    const found = lookAt(withHooks({ 'pre-exit': 'true' }));
    for (const rule of rules) expect(findingsOf(rule, found)).toEqual([]);
    expect(found.unknown.filter(({ rule }) => rules.includes(rule))).toEqual([]);
  });

  test('running tasks show only how much of a protection is left: enough for the longest job, or it is not known', () => {
    const history = [{ key: 'test', jobs: 40, median: 300, p95: 500, most: 600 }];
    const said = (left: number) =>
      lookAt(documentsOf({ taskDefinition }), {
        history,
        protection: { tasks: 3, protected: 1, left },
      }).unknown.filter(({ rule }) => rule === 'protection-expiry');
    expect(said(500)).toEqual([]);
    expect(said(499)).toHaveLength(1);
  });

  test.each([
    [7200, []],
    [7201, ['note']],
    [7230, ['note']],
    [7231, ['error']],
  ])('two hours of protection and half a minute of drain, and a job of %d s', (seconds, severities) => {
    const pipeline = { value: { steps: [{ command: `sleep ${String(seconds)}` }] }, base: [], name: 'p' };
    const found = findingsOf('protection-expiry', lookAt({ ...withHooks({ 'pre-command': on }), pipeline }));
    expect(found.map(({ severity }) => severity)).toEqual(severities);
  });

  test('a secret in a hook is not quoted', () => {
    const text = `export BUILDKITE_API_TOKEN=bkua_0123456789abcdef0123456789abcdef01234567; ${on}`;
    const found = lookAt({
      ...withHooks({ 'pre-command': text }),
      pipeline: { value: { steps: [{ command: 'sleep 9000', key: 'a' }] }, base: [], name: 'p' },
    });
    const [finding] = findingsOf('protection-expiry', found);
    expect(finding?.edits).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('0123456789abcdef');
  });
});
