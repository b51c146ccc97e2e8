import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Document } from 'yaml';
import { lookupIn } from '../../src/scenario/interpolate.ts';
import { readScenario } from '../../src/scenario/read.ts';

const PAGE = readFileSync(new URL('../../docs/reference/scenario.md', import.meta.url), 'utf8');
const ROWS = [...PAGE.matchAll(/^\| `([\w.[\]]+)` +\| (.+?) +\| (.*?) +\| /gm)].map(
  ([, key = '', type = '', preset = '']) => ({ key, type, preset: preset.trim() }),
);

test('the page of the scenario file says of each key what may stand there', () => {
  expect(ROWS.length).toBeGreaterThan(80);
  expect(ROWS.filter(({ type }) => /\bany\b/.test(type.replaceAll(/`[^`]*`/g, '')))).toEqual([]);
});

test('what the page says of notify can be written', () => {
  const keys = ROWS.filter(({ key }) => key.startsWith('notify'));
  expect(keys).toEqual([
    { key: 'notify', type: 'list of map', preset: '`[]`' },
    { key: 'notify[].webhook', type: 'map', preset: '' },
    { key: 'notify[].webhook.url', type: 'text', preset: 'required' },
    { key: 'notify[].webhook.secret', type: 'text', preset: '' },
    { key: 'notify[].slack', type: 'map', preset: '' },
    { key: 'notify[].slack.url', type: 'text', preset: 'required' },
  ]);
  const url = '${HOOK_URL}';
  const text = new Document({
    ...{ version: 1, title: 'A drill', build: { organization: 'acme', pipeline: 'canary' } },
    ...{ cluster: { name: 'c', service: 's' }, when: { step: 'x' }, inject: { fault: 'stop-task' } },
    notify: [{ webhook: { url, secret: '${HOOK_SECRET}' } }, { slack: { url } }],
  }).toString();
  const values = { HOOK_URL: 'https://hooks.example/x', HOOK_SECRET: 'sixteen-letters-and-more' };
  expect(readScenario(text, lookupIn({}, values)).problems).toEqual([]);
});
