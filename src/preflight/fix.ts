import type { Documents, Edit, Live } from './documents.ts';
import { applyEdits, judge } from './judge.ts';
import type { Found, Preflight } from './judge.ts';
import { subjectOf } from './subject-of.ts';
import type { Subject } from './subject.ts';

/** A task definition, and its image's Dockerfile, with the advice applied: the edits, and the rules that they follow, in order. */
export interface Fixed {
  readonly documents: Documents;
  readonly edits: readonly Edit[];
  readonly rules: readonly string[];
  /** The findings of the changed definition. */
  readonly preflight: Preflight;
}

/** Largest number of edits: beyond it two rules must be undoing each other's changes. */
const MOST = 40;

/**
 * Applies the edits of errors and warnings to the task definition and its image's Dockerfile, one finding after another. After each edit the rules
 * are applied again, as two findings may change the same words. Each finding is applied once; those that remain stand in
 * `preflight`. Null where no finding has an edit of these.
 */
export function fixDefinition(
  documents: Documents,
  live: Live,
  container: string,
  seenAs: (subject: Subject) => Subject = (subject) => subject,
): Fixed | null {
  let now = documents;
  const edits: Edit[] = [];
  const rules: string[] = [];
  const tried = new Set<string>();
  for (let round = 0; round < MOST; round += 1) {
    const preflight = judgeDocuments(now, live, container, seenAs);
    const next = preflight.findings.find((finding) => isFixable(finding, now) && !tried.has(keyOf(finding)));
    if (next === undefined) return edits.length === 0 ? null : { documents: now, edits, rules, preflight };
    tried.add(keyOf(next));
    const own = next.edits.filter((edit) => isOwn(edit, now));
    now = applyEdits(now, own);
    edits.push(...own);
    if (!rules.includes(next.rule)) rules.push(next.rule);
  }
  return { documents: now, edits, rules, preflight: judgeDocuments(now, live, container, seenAs) };
}

function judgeDocuments(
  documents: Documents,
  live: Live,
  container: string,
  seenAs: (subject: Subject) => Subject,
): Preflight {
  const subject = subjectOf(documents, live, container);
  if (!('agent' in subject)) throw new Error(`an edit took the container ${container} away`);
  return judge(seenAs(subject));
}

/** Notes are true of it and nothing is wrong; a change of another document fixes no task definition. */
function isFixable({ severity, edits }: Found, documents: Documents): boolean {
  return severity !== 'note' && edits.some((edit) => isOwn(edit, documents));
}

/** Whether the change is one of the definition or of the Dockerfile beside it; an image that was built is not changed. */
function isOwn({ document }: Edit, { imageConfig }: Documents): boolean {
  return document === 'taskDefinition' || (document === 'imageConfig' && imageConfig?.open !== undefined);
}

function keyOf({ rule, edits }: Found): string {
  return JSON.stringify([rule, edits]);
}
