import { describe, expect, test } from 'vitest';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import { documentsOf } from './fixtures.ts';

const START = ['buildkite-agent', 'start'];
const [worker, proxy] = [
  { name: 'worker', image: 'acme/worker:1' },
  { name: 'proxy', image: 'acme/proxy:1' },
];

/** The name of the agent's container, or the names that it may have. */
function chosen(
  containers: readonly JsonObject[],
  entryPoint?: readonly string[],
): string | readonly string[] {
  const subject = subjectOf(
    documentsOf({
      taskDefinition: { containerDefinitions: [...containers] },
      ...(entryPoint === undefined ? {} : { imageConfig: { Entrypoint: [...entryPoint] } }),
    }),
    OFFLINE,
    null,
  );
  return 'agent' in subject ? subject.agent.name : subject.candidates;
}

describe("the agent's container", () => {
  test('is none that nothing shows to be it', () => {
    expect(chosen([worker])).toEqual([]);
    expect(chosen([worker, proxy])).toEqual([]);
  });

  test('is the only one where its image is given, whatever that starts', () => {
    expect(chosen([worker], START)).toBe('worker');
    expect(chosen([worker], ['/start.sh'])).toBe('worker');
  });

  test('is the one of several that the image makes start an agent', () => {
    expect(chosen([worker, { ...proxy, entryPoint: ['/proxy'] }], START)).toBe('worker');
  });

  test('is not guessed where the image may be that of several', () => {
    expect(chosen([worker, proxy], START)).toEqual(['worker', 'proxy']);
    expect(chosen([worker, proxy], ['/start.sh'])).toEqual([]);
  });

  test('is the one that the definition shows, whatever image is given', () => {
    expect(chosen([worker, { ...proxy, entryPoint: START }], START)).toBe('proxy');
  });
});
