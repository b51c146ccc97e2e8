import { lookupIn } from '../../src/scenario/interpolate.ts';
import { readScenario } from '../../src/scenario/read.ts';
import type { Reading } from '../../src/scenario/read.ts';

/** The sign that stands in a test's text right before the place that an error must point at. */
export const MARK = '▶';

/** A scenario that holds; each test changes one thing of it. */
export const GOOD = `version: 1
title: A step in flight survives
build:
  organization: acme
  pipeline: canary
cluster:
  region: us-east-1
  name: build-prod
  service: build-agents
when:
  step: integration
  inFlightFor: 3s
inject:
  fault: stop-task
`;

/** A reading's problems as people see them: `line:col message`. */
export function said(reading: Reading): readonly string[] {
  return reading.problems.map(({ offset, message }) => `${reading.position(offset)} ${message}`);
}

/** Reads a text with the given variables. */
export function read(text: string, variables: Readonly<Record<string, string>> = {}): Reading {
  return readScenario(text, lookupIn(variables, {}));
}

/** Takes the mark out of a text and gives its place as `line:col`. */
export function unmarked(marked: string): { readonly text: string; readonly at: string } {
  const index = marked.indexOf(MARK);
  if (index < 0) throw new Error('the text has no mark');
  const before = marked.slice(0, index).split('\n');
  return { text: marked.replace(MARK, ''), at: `${before.length}:${(before.at(-1) ?? '').length + 1}` };
}

/** The good scenario with one piece replaced; the piece must be there. */
export function changed(piece: string, by: string): string {
  if (!GOOD.includes(piece)) throw new Error(`not in the good scenario: ${piece}`);
  return GOOD.replace(piece, () => by);
}
