import '../support/seed.ts';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Ajv from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uriOf } from '../../src/preflight/files.ts';
import type { DocumentName } from '../../src/preflight/documents.ts';
import { RULES } from '../../src/preflight/list.ts';
import type { Places } from '../../src/preflight/report.ts';
import { preflightSarif } from '../../src/preflight/sarif.ts';
import { casesOf, documentsOf, lookAt } from './fixtures.ts';

const here = createRequire(import.meta.url);
const read = (path: string): object => JSON.parse(readFileSync(here.resolve(path), 'utf8')) as object;

/** The standard's own schema; it is written in draft 4. */
const ajv = new Ajv({ schemaId: 'auto', meta: false, allErrors: true });
ajv.addMetaSchema(read('ajv/lib/refs/json-schema-draft-04.json'), undefined);
const fits = ajv.compile(read('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));

function wrongWith(log: unknown): unknown {
  return fits(log) === true
    ? []
    : (fits.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message ?? ''}`);
}

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly Readonly<Record<string, unknown>>[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation?: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number; readonly startColumn: number };
        };
      }[];
    }[];
  }[];
}

const places = (name: (document: DocumentName) => string): Places => ({
  of: (document) => ({ name: name(document), position: '3:5' }),
  whole: (_, path) => path,
});

describe('every finding of every rule, as SARIF', () => {
  const cases = RULES.flatMap(({ id }) => casesOf(id).map((one) => [`${id}: ${one.name}`, id, one] as const));

  test.each(cases)('%s', (_, rule, { bad }) => {
    const log = JSON.parse(
      preflightSarif(
        lookAt(documentsOf(bad), bad.live),
        places((document) => `${document}.json`),
        '1.2.3',
        uriOf,
      ),
    ) as Log;
    expect(wrongWith(log)).toEqual([]);
    const [run] = log.runs;
    expect(run?.results.map(({ ruleId }) => ruleId)).toContain(rule);
    // What code scanning refuses though the standard allows it: a result without a file and a line.
    for (const { locations, message } of run?.results ?? []) {
      expect(message.text).not.toBe('');
      expect(locations).toHaveLength(1);
      expect(locations[0]?.physicalLocation).toMatchObject({ region: { startLine: 3, startColumn: 5 } });
    }
    for (const descriptor of run?.tool.driver.rules ?? [])
      for (const wanted of ['shortDescription', 'fullDescription', 'help'])
        expect(descriptor).toMatchObject({ [wanted]: { text: expect.stringMatching(/\S/) as string } });
  });
});

test('the schema refuses what is no SARIF, so that a log that it takes is one', () => {
  expect(wrongWith({ version: '2.1.0', runs: [{ results: [] }] })).not.toEqual([]);
  expect(wrongWith({ version: '2.0.0', runs: [] })).not.toEqual([]);
});

const bad = casesOf('stop-timeout-missing')[0]?.bad ?? { taskDefinition: {} };
const addressOf = (file: string): string => {
  const log = JSON.parse(
    preflightSarif(
      lookAt(documentsOf(bad)),
      places(() => file),
      '1.2.3',
      uriOf,
    ),
  ) as Log;
  expect(wrongWith(log)).toEqual([]);
  return log.runs[0]?.results[0]?.locations[0]?.physicalLocation?.artifactLocation.uri ?? '';
};

test.each([
  ['td.json', 'td.json'],
  ['./deploy/td.json', 'deploy/td.json'],
  ['a b/tä%.json', 'a%20b/t%C3%A4%25.json'],
  [join(process.cwd(), 'deploy', 'td.json'), 'deploy/td.json'],
  ['/elsewhere/a b.json', 'file:///elsewhere/a%20b.json'],
  ['../td.json', '../td.json'],
])('code scanning finds the file in the checkout: %s', (file, uri) => {
  expect(addressOf(file)).toBe(uri);
});

test('whatever a file is called, its address is one, and leads back to it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      const name = `x${text.replaceAll(/[/\0]/g, '')}`;
      expect(decodeURIComponent(addressOf(name))).toBe(name);
    }),
    { numRuns: 50 },
  );
});
