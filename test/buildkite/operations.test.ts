import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { requestedComplexity } from '../../src/rig/buildkite/complexity.ts';
import { ANSWERS } from '../../src/buildkite/answers.ts';
import { loadDocuments, writeBuildsQuery, OPERATIONS } from '../../src/buildkite/operations.ts';

const schema = buildSchema(
  readFileSync(new URL('../../src/rig/buildkite/schema.graphql', import.meta.url), 'utf8'),
);
const documents = loadDocuments();

test('the file holds exactly the operations that the client names, each with a schema of its answer', () => {
  expect([...documents.keys()].sort()).toEqual([...OPERATIONS].sort());
  expect(Object.keys(ANSWERS).sort()).toEqual([...OPERATIONS].sort());
});

test.each(
  (['Build', 'BuildHead', 'BuildSteps'] as const).flatMap((of) =>
    [1, 2, 50].map((count) => [of, count] as const),
  ),
)('%s for %i builds is valid, and within what one query may ask for', (of, count) => {
  const text = writeBuildsQuery(documents, of, count);
  const document = parse(text);
  expect(validate(schema, document).map(String)).toEqual([]);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('no operation');
  const complexity = requestedComplexity(schema, document, operation, {});
  expect(complexity).toBeLessThanOrEqual(50_000);
  expect(complexity).toBeGreaterThan(count * (of === 'BuildHead' ? 50 : 300));
});

test.each(OPERATIONS)('%s is valid GraphQL of the schema', (operation) => {
  const problems = validate(schema, parse(documents.get(operation) ?? ''));
  expect(problems.map(String)).toEqual([]);
});
