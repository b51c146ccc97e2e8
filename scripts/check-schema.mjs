// Holds the rig's subset, and every document that the product sends, against Buildkite's public schema.
// GAMEDAY_PUBLIC_SCHEMA names its file; without one only the documents are held against the subset.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, Kind, parse } from 'graphql';
import { misfits, refusals } from './schema-fit.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const publicFile = process.env.GAMEDAY_PUBLIC_SCHEMA ?? '';
const subset = buildSchema(readFileSync(join(root, 'src/rig/buildkite/schema.graphql'), 'utf8'));
const document = parse(readFileSync(join(root, 'src/buildkite/operations.graphql'), 'utf8'));
const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;

const problems = refusals(subset, document).map(
  (message) => `the rig's subset refuses a document: ${message}`,
);
if (operations === 0) problems.push('there is no document in src/buildkite/operations.graphql');

if (existsSync(publicFile)) {
  const whole = buildSchema(readFileSync(publicFile, 'utf8'));
  problems.push(...misfits(subset, whole).map((misfit) => `the rig's subset does not fit: ${misfit}`));
  problems.push(
    ...refusals(whole, document).map((message) => `the public schema refuses a document: ${message}`),
  );
  console.log(
    `${operations} documents and ${Object.keys(subset.getTypeMap()).length} types held against the public schema`,
  );
} else if (process.env.GAMEDAY_REQUIRE_TOOLS === '1') {
  problems.push(
    `the public schema is not at GAMEDAY_PUBLIC_SCHEMA (${publicFile === '' ? 'not set' : publicFile})`,
  );
} else {
  console.log(
    `${operations} documents held against the rig's subset; set GAMEDAY_PUBLIC_SCHEMA for the public schema`,
  );
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
