import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { fixDefinition } from '../../src/preflight/fix.ts';
import { ROOT } from '../support/cli.ts';
import { casesOf, documentsOf, lookAt, rulesWithFixtures } from './fixtures.ts';

function incident(name: string): JsonObject {
  return JSON.parse(readFileSync(join(ROOT, 'scenarios/incident', `${name}.json`), 'utf8')) as JsonObject;
}

describe('a definition with the advice taken', () => {
  test("the incident's becomes exec form with all the time that Fargate gives", () => {
    const mended = fixDefinition(documentsOf({ taskDefinition: incident('before') }), OFFLINE, 'agent');
    expect(mended?.rules).toEqual(['shell-form', 'stop-timeout-missing']);
    expect(mended?.documents.taskDefinition.value['containerDefinitions']).toMatchObject([
      { entryPoint: ['buildkite-agent', 'start', '--tags-from-ecs-meta-data'], stopTimeout: 120 },
    ]);
  });

  test('what has only notes is left as it is', () => {
    expect(fixDefinition(documentsOf({ taskDefinition: incident('after') }), OFFLINE, 'agent')).toBeNull();
  });

  test('two rules that change the same words both have their way', () => {
    const script = 'buildkite-agent start --spawn 3; echo bye';
    const taskDefinition: JsonObject = {
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'agent', entryPoint: ['/bin/sh', '-c', script], stopTimeout: 120 }],
    };
    const mended = fixDefinition(documentsOf({ taskDefinition }), OFFLINE, 'agent');
    expect(mended?.rules).toEqual(expect.arrayContaining(['shell-form', 'no-ecs-tags', 'spawn-many']));
    const text = JSON.stringify(mended?.documents.taskDefinition.value);
    for (const wanted of ['exec buildkite-agent', '--tags-from-ecs-meta-data'])
      expect(text).toContain(wanted);
    expect(text).not.toContain('--spawn 3');
  });

  // What one of them asks for the other forbids: spot's two minutes leave less than Fargate gives.
  const AT_ODDS = ['stop-timeout-short', 'stop-chain-over-spot', 'fargate-spot-notice'];

  // Every fixture of every rule: what the rules make of a definition must come to rest.
  test.each(rulesWithFixtures())('nothing is left to be taken of what %s finds', (rule) => {
    for (const { name, bad } of casesOf(rule)) {
      const documents = documentsOf(bad);
      const live = { ...OFFLINE, ...bad.live };
      const mended = fixDefinition(documents, live, 'agent');
      const left = lookAt(mended?.documents ?? documents, bad.live).findings.filter(
        ({ rule: of, severity, edits }) =>
          !AT_ODDS.includes(of) &&
          severity !== 'note' &&
          edits.some(({ document }) => document === 'taskDefinition'),
      );
      expect({ name, left }).toEqual({ name, left: [] });
    }
  });
});
