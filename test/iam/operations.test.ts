import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALL_OPERATIONS, OPERATIONS } from '../../src/iam/operations.ts';

const CLIENTS = ['ecs', 'auto-scaling'].map((room) => join(import.meta.dirname, '..', '..', 'src', room));
const SOURCES = CLIENTS.flatMap((room) =>
  readdirSync(room).map((name) => readFileSync(join(room, name), 'utf8')),
);
const FIS = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'fis', 'commands.ts'), 'utf8');

function found(pattern: RegExp): readonly string[] {
  return [...new Set(SOURCES.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name)))];
}

const OF_CLIENTS = ALL_OPERATIONS.filter((operation) => !operation.includes(':'));
/** What IAM asks for beside operations that are sent. */
const STORE = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'store', 'bucket.ts'), 'utf8');
const BESIDES = ['fis:TagResource', 'iam:PassRole'];

test('every operation that the clients send has its row, and no other has', () => {
  expect(found(/\bnew (\w+)Command\(/g).toSorted()).toEqual(OF_CLIENTS.toSorted());
  const sent = [...FIS.matchAll(/'(fis:\w+)': \[/g)].map(([, operation = '']) => operation);
  const stored = [...STORE.matchAll(/\bsend\('(s3:\w+)'/g)].map(([, operation = '']) => operation);
  expect([...OF_CLIENTS, ...sent, ...stored, ...BESIDES].toSorted()).toEqual(ALL_OPERATIONS.toSorted());
});

test('the client calls each operation by its own name', () => {
  expect(found(/(?:\.call|\breadList)\(\s*'(\w+)'/g).toSorted()).toEqual(OF_CLIENTS.toSorted());
  for (const text of SOURCES)
    for (const [, named, sent] of text.matchAll(
      /(?:\.call|\breadList)\(\s*'(\w+)'(?:(?!\.call\(|\breadList\()[\s\S])*?new (\w+)Command\(/g,
    ))
      expect(sent).toBe(named);
});

test('a Sid stands for reads or for changes, holds what IAM allows, and only StopTask hangs on a tag', () => {
  const kinds = new Map<string, boolean>();
  for (const { sid, changes } of Object.values(OPERATIONS)) {
    expect(sid).toMatch(/^[A-Za-z0-9]+$/);
    expect(kinds.get(sid) ?? changes, sid).toBe(changes);
    kinds.set(sid, changes);
  }
  expect(ALL_OPERATIONS.filter((name) => OPERATIONS[name].byTaskTag)).toEqual(['StopTask']);
});
