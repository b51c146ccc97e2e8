import type { Mapping } from '../model/entities/mapping.ts';
import type { DocumentName, Documents, Edit } from './documents.ts';
import type { Finding, Severity } from './finding.ts';
import { withValue } from './json.ts';
import { RULES } from './list.ts';
import type { Subject } from './subject.ts';

/** A finding with its rule. */
export interface Found extends Finding {
  readonly rule: string;
  readonly sources: readonly string[];
  /** Rules whose change must be made first, as it is one of the same lines; this finding then has no edits. */
  readonly waitsFor?: readonly string[];
}

/** The result of a preflight: findings, the worst first, and what no rule could check. */
export interface Preflight {
  readonly container: string;
  readonly launch: string;
  /** How the tasks that run now lead to their agents; null where no service was asked. */
  readonly mapping: Mapping | null;
  readonly findings: readonly Found[];
  readonly unknown: readonly { readonly rule: string; readonly said: string }[];
}

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** Applies every rule. The worst finding comes first; equal ones keep the order of the list. */
export function judge(subject: Subject): Preflight {
  const said = RULES.map((rule) => ({ rule, judgement: rule.judge(subject) }));
  const findings = said.flatMap(({ rule, judgement }) =>
    judgement.findings.map((finding) => ({ ...finding, rule: rule.id, sources: rule.sources })),
  );
  return {
    container: subject.agent.name,
    launch: subject.worker.launch.said,
    mapping: subject.live.mapping,
    findings: ORDER.flatMap((severity) => findings.filter((one) => one.severity === severity)),
    unknown: said.flatMap(({ rule, judgement }) =>
      judgement.unknown.map((text) => ({ rule: rule.id, said: text })),
    ),
  };
}

/** How many findings there are of one severity. */
export function countOf({ findings }: Pick<Preflight, 'findings'>, severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

/** The documents with the edits applied. */
export function applyEdits(documents: Documents, edits: readonly Edit[]): Documents {
  return edits.reduce<Documents>((all, { document, path, after }) => {
    const doc = all[document];
    if (doc === null) return all;
    return { ...all, [document]: { ...doc, value: withValue(doc.value, path, after) } } satisfies Record<
      DocumentName,
      unknown
    >;
  }, documents);
}
