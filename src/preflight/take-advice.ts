import type { Documents, Edit } from './documents.ts';
import { valueAt } from './json.ts';
import type { Path } from './json.ts';
import { applyEdits } from './judge.ts';
import type { Found, Preflight } from './judge.ts';

/** One rule's advice taken: the findings with their edits, and what all rules found before and after. */
export interface Round {
  readonly taken: readonly Found[];
  readonly before: readonly Found[];
  readonly after: readonly Found[];
}

/** Documents after advice was taken. */
export interface Advised {
  readonly documents: Documents;
  readonly rounds: readonly Round[];
  /** The findings of the changed documents. */
  readonly preflight: Preflight;
}

/** Largest number of rounds: beyond it two rules must be undoing each other's changes. */
const MOST = 40;

/**
 * Takes the advice of one rule after another. After each the rules are applied again, so that the next edits fit the changed
 * documents. The same advice is taken once; what remains stands in `preflight`. `choose` gives the edits to make of a finding.
 */
export function takeAdvice(
  documents: Documents,
  judgeIn: (documents: Documents) => Preflight,
  choose: (finding: Found) => readonly Edit[],
): Advised {
  let now = documents;
  let preflight = judgeIn(now);
  const rounds: Round[] = [];
  const tried = new Set<string>();
  while (rounds.length < MOST) {
    const open = preflight.findings
      .map((finding) => ({ ...finding, edits: choose(finding) }))
      .filter((finding) => finding.edits.length > 0 && !tried.has(keyOf(finding)));
    const [first] = open.toSorted((a, b) => placeInOrder(a) - placeInOrder(b));
    if (first === undefined) break;
    const taken = open.filter(({ rule, severity }) => rule === first.rule && severity === first.severity);
    for (const finding of taken) tried.add(keyOf(finding));
    now = applyEdits(now, listOnce(taken.flatMap(({ edits }) => edits)));
    const after = judgeIn(now);
    rounds.push({ taken, before: preflight.findings, after: after.findings });
    preflight = after;
  }
  return { documents: now, rounds, preflight };
}

function keyOf({ rule, edits }: Found): string {
  return JSON.stringify([rule, edits]);
}

/** How long a stop takes depends on what the other rules change; what a canceled job is granted, on that. */
function placeInOrder({ rule, edits }: Found): number {
  if (rule === 'cancel-grace-over-stop') return 2;
  return edits.some(({ path }) => path.at(-1) === 'stopTimeout') ? 1 : 0;
}

/** Two findings may ask for the same edit; to remove an entry of a list twice would take the next one too. */
function listOnce(edits: readonly Edit[]): readonly Edit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
}

/** Each value that the edits changed, once: what it was before the first edit and is after the last. */
export function listNetEdits(before: Documents, after: Documents, edits: readonly Edit[]): readonly Edit[] {
  return listRoots(edits).flatMap(({ document, path, isRemoved }) => {
    const was = valueAt(before[document]?.value, path);
    const is = isRemoved ? undefined : valueAt(after[document]?.value, path);
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ document, path, before: was, after: is }];
  });
}

/** A value that contains everything that some edits change. */
export interface Root {
  readonly document: Edit['document'];
  readonly path: Path;
  /** An entry of a list is removed, and nothing else in that list changes. */
  readonly isRemoved: boolean;
}

/** The smallest values that contain all edits and do not overlap. */
export function listRoots(edits: readonly Edit[]): readonly Root[] {
  const isAlone = (edit: Edit): boolean =>
    !edits.some(
      (other) =>
        other !== edit && other.document === edit.document && startsWith(other.path, edit.path.slice(0, -1)),
    );
  const roots = listOnce(edits).map((edit): Root => {
    const { document, path } = edit;
    const isRemoved = edit.after === undefined && typeof path.at(-1) === 'number';
    // The entries behind a removed one have other numbers afterwards.
    return isRemoved && !isAlone(edit)
      ? { document, path: path.slice(0, -1), isRemoved: false }
      : { document, path, isRemoved };
  });
  const keys = new Set(roots.map((root) => rootKey(root)));
  const outer = roots.filter(
    ({ document, path }) =>
      !path.some((_, index) => keys.has(rootKey({ document, path: path.slice(0, index) }))),
  );
  return [...new Map(outer.map((root) => [rootKey(root), root])).values()];
}

export function rootKey({ document, path }: Pick<Root, 'document' | 'path'>): string {
  return JSON.stringify([document, path]);
}

export function startsWith(path: Path, start: Path): boolean {
  return path.length >= start.length && start.every((part, index) => path[index] === part);
}
