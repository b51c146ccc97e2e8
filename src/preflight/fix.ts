import type { Documents, Edit, Live } from './documents.ts';
import { judge } from './judge.ts';
import type { Found, Preflight } from './judge.ts';
import { subjectOf } from './subject-of.ts';
import type { Subject } from './subject.ts';
import { takeAdvice } from './take-advice.ts';

/** A task definition, and its image's Dockerfile, with the advice applied: the edits, and the rules that they follow, in order. */
export interface Fixed {
  readonly documents: Documents;
  readonly edits: readonly Edit[];
  readonly rules: readonly string[];
  /** The findings of the changed definition. */
  readonly preflight: Preflight;
}

/**
 * Applies the edits of errors and warnings to the task definition and its image's Dockerfile. Null where no finding has an
 * edit of these.
 */
export function fixDefinition(
  documents: Documents,
  live: Live,
  container: string,
  seenAs: (subject: Subject) => Subject = (subject) => subject,
): Fixed | null {
  const fixed = takeAdvice(
    documents,
    (now) => judgeDocuments(now, live, container, seenAs),
    // Notes are true of it and nothing is wrong; a change of another document fixes no task definition.
    ({ severity, edits }) => (severity === 'note' ? [] : edits.filter((edit) => isOwn(edit, documents))),
  );
  const taken: readonly Found[] = fixed.rounds.flatMap((round) => round.taken);
  if (taken.length === 0) return null;
  return {
    documents: fixed.documents,
    edits: taken.flatMap(({ edits }) => edits),
    rules: [...new Set(taken.map(({ rule }) => rule))],
    preflight: fixed.preflight,
  };
}

/** What the rules find in the documents; edits of findings never take the agent's container away. */
export function judgeDocuments(
  documents: Documents,
  live: Live,
  container: string,
  seenAs: (subject: Subject) => Subject = (subject) => subject,
): Preflight {
  const subject = subjectOf(documents, live, container);
  if (!('agent' in subject)) throw new Error(`an edit took the container ${container} away`);
  return judge(seenAs(subject));
}

/** Whether the change is one of the definition or of the Dockerfile beside it; an image that was built is not changed. */
function isOwn({ document }: Edit, { imageConfig }: Documents): boolean {
  return document === 'taskDefinition' || (document === 'imageConfig' && imageConfig?.open !== undefined);
}
