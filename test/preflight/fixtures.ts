import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { judge } from '../../src/preflight/judge.ts';
import type { Found, Preflight } from '../../src/preflight/judge.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { Doc, Documents, DocumentName, Live } from '../../src/preflight/documents.ts';

const FOLDER = fileURLToPath(new URL('fixtures/', import.meta.url));

/** Documents as a fixture holds them, and what is known of the running world. */
export type Bundle = { readonly taskDefinition: JsonObject } & Partial<
  Readonly<Record<DocumentName, JsonObject>>
> & { readonly live?: Partial<Live> };

/** A definition that a rule finds wrong, and the same one fixed. */
export interface Case {
  readonly name: string;
  readonly severity: string;
  readonly bad: Bundle;
  readonly mended: Bundle;
}

/** Rules that have fixtures, by their ids. */
export function rulesWithFixtures(): readonly string[] {
  return readdirSync(FOLDER)
    .map((name) => name.replace(/\.json$/, ''))
    .sort();
}

export function casesOf(rule: string): readonly Case[] {
  const { cases } = JSON.parse(readFileSync(join(FOLDER, `${rule}.json`), 'utf8')) as {
    cases: readonly Case[];
  };
  return cases;
}

export function documentsOf(bundle: Bundle): Documents {
  const doc = (name: DocumentName): Doc | null => {
    const value = bundle[name];
    return value === undefined ? null : { value, base: [], name };
  };
  return {
    taskDefinition: { value: bundle.taskDefinition, base: [], name: 'taskDefinition' },
    service: doc('service'),
    pipeline: doc('pipeline'),
    imageConfig: doc('imageConfig'),
    capacityProvider: doc('capacityProvider'),
    scenario: doc('scenario'),
    hooks: doc('hooks'),
  };
}

/** What all rules say; a fixture's agent can be told. */
export function lookAt(
  documents: Documents,
  live: Partial<Live> = {},
  container: string | null = 'agent',
): Preflight {
  const subject = subjectOf(documents, { ...OFFLINE, ...live }, container);
  if (!('agent' in subject)) throw new Error(`no agent among ${subject.names.join(', ')}`);
  return judge(subject);
}

export function findingsOf(rule: string, preflight: Preflight): readonly Found[] {
  return preflight.findings.filter((finding) => finding.rule === rule);
}
