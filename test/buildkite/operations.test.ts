import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { ANSWERS } from '../../src/buildkite/answers.ts';
import { loadDocuments, OPERATIONS } from '../../src/buildkite/operations.ts';

const schema = buildSchema(
  readFileSync(new URL('../../src/rig/buildkite/schema.graphql', import.meta.url), 'utf8'),
);
const documents = loadDocuments();

test('the file holds exactly the operations that the client names, each with a schema of its answer', () => {
  expect([...documents.keys()].sort()).toEqual([...OPERATIONS].sort());
  expect(Object.keys(ANSWERS).sort()).toEqual([...OPERATIONS].sort());
});

test.each(OPERATIONS)('%s is valid GraphQL of the schema', (operation) => {
  const problems = validate(schema, parse(documents.get(operation) ?? ''));
  expect(problems.map(String)).toEqual([]);
});
