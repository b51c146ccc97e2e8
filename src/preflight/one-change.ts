import type { Documents, Edit, Live } from './documents.ts';
import { judgeDocuments } from './fix.ts';
import type { Found, Preflight } from './judge.ts';
import { listNetEdits, listRoots, rootKey, startsWith, takeAdvice } from './take-advice.ts';
import type { Root, Round } from './take-advice.ts';

/**
 * The findings with edits that can all be made at once: findings that change the same value share one change, which satisfies
 * all of them. A note is an option, so no error or warning is made to follow it: a note on a value that they change waits.
 */
export function judgeTogether(documents: Documents, live: Live, container: string): Preflight {
  const judgeIn = (now: Documents): Preflight => judgeDocuments(now, live, container);
  const needed = takeAdvice(documents, judgeIn, ({ severity, edits }) => (severity === 'note' ? [] : edits));
  const preflight = judgeIn(documents);
  const known = new Set(preflight.findings.map(ownerOf));
  const first = listEdits(needed.rounds);
  const optional = takeAdvice(needed.documents, judgeIn, (finding) =>
    finding.severity === 'note' && known.has(ownerOf(finding)) && !isTouching(finding.edits, first)
      ? finding.edits
      : [],
  );
  const rounds = [...needed.rounds, ...optional.rounds];
  const changes = listChanges(preflight.findings, rounds);
  const net = listNetEdits(documents, optional.documents, listEdits(rounds));
  return { ...preflight, findings: preflight.findings.map((finding) => withChange(finding, changes, net)) };
}

function listEdits(rounds: readonly Round[]): readonly Edit[] {
  return rounds.flatMap(({ taken }) => taken.flatMap(({ edits }) => edits));
}

function withChange(finding: Found, changes: readonly Change[], net: readonly Edit[]): Found {
  const near = changes.filter(({ edits }) => isTouching(finding.edits, edits));
  const helping = changes.filter(({ helps }) => helps.has(finding));
  // What cannot be had in full is not gone after a change that goes as far.
  const own = helping.length > 0 || finding.severity === 'note' ? helping : near;
  const roots = new Set(own.flatMap((change) => [...change.roots]));
  if (own.length > 0 || finding.edits.length === 0) {
    const edits = net.filter((edit) => roots.has(rootKey(edit)));
    const last = own.flatMap(({ helps }) => helps.get(finding) ?? []).at(-1) ?? finding;
    return { ...finding, todo: `${last.todo}${sayOtherValue(last.edits, edits)}`, edits };
  }
  return { ...finding, edits: [], waitsFor: [...new Set(near.flatMap(({ rules }) => rules))] };
}

/** A number that others made another one than the finding asks for; its sentence names its own. */
function sayOtherValue(asked: readonly Edit[], net: readonly Edit[]): string {
  return net
    .flatMap(({ document, path, after }) => {
      const isOther = asked.some(
        (one) => rootKey(one) === rootKey({ document, path }) && one.after !== after,
      );
      return isOther && typeof after === 'number'
        ? [` With the other changes, ${String(path.at(-1))} becomes ${String(after)}.`]
        : [];
    })
    .join('');
}

/** Edits that belong together: those of one finding, and those of others that change the same values. */
interface Change {
  readonly rules: readonly string[];
  readonly edits: readonly Edit[];
  readonly roots: ReadonlySet<string>;
  /** The given findings that it is good for, each as it was found after the changes made before. */
  readonly helps: Map<Found, Found>;
}

function listChanges(given: readonly Found[], rounds: readonly Round[]): readonly Change[] {
  const owners = new Map<string, Found[]>();
  for (const finding of given)
    owners.set(ownerOf(finding), [...(owners.get(ownerOf(finding)) ?? []), finding]);
  const roots = listRoots(listEdits(rounds));
  const broughtUp = new Map<string, Change>();
  const changes: Change[] = [];
  for (const { taken, before, after } of rounds) {
    const made = taken.map((finding) => {
      const same = (owners.get(ownerOf(finding)) ?? []).filter(
        (one, _, { length }) => length === 1 || isTouching(one.edits, finding.edits),
      );
      return makeChange(finding, same, roots, broughtUp.get(ownerOf(finding)));
    });
    const [was, is] = [new Set(before.map(ownerOf)), new Set(after.map(ownerOf))];
    for (const owner of was)
      if (!is.has(owner)) for (const finding of owners.get(owner) ?? []) addHelp(finding, made);
    for (const owner of is) if (!was.has(owner) && made[0] !== undefined) broughtUp.set(owner, made[0]);
    changes.push(...made);
  }
  return mergeChanges(changes);
}

/** `cause` is the change that brought the finding up: the two belong together. */
function makeChange(
  finding: Found,
  same: readonly Found[],
  roots: readonly Root[],
  cause: Change | undefined,
): Change {
  const { rule, edits } = finding;
  const own = roots.filter((root) =>
    edits.some(({ document, path }) => document === root.document && startsWith(path, root.path)),
  );
  return {
    ...{ rules: [rule], edits },
    roots: new Set([...own.map(rootKey), ...(same.length === 0 ? (cause?.roots ?? []) : [])]),
    helps: new Map(same.map((one) => [one, finding])),
  };
}

/** A finding is gone after changes of others: those of its own values did it, if there are any. */
function addHelp(finding: Found, made: readonly Change[]): void {
  if (made.some(({ helps }) => helps.has(finding))) return;
  const near = made.filter(({ edits }) => isTouching(finding.edits, edits));
  for (const { helps } of near.length > 0 ? near : made) helps.set(finding, finding);
}

function mergeChanges(changes: readonly Change[]): readonly Change[] {
  return changes.reduce<readonly Change[]>((merged, change) => {
    const near = merged.filter(({ roots }) => [...change.roots].some((root) => roots.has(root)));
    if (near.length === 0) return [...merged, change];
    const all = [...near, change];
    const whole: Change = {
      rules: all.flatMap(({ rules }) => rules),
      edits: all.flatMap(({ edits }) => edits),
      roots: new Set(all.flatMap(({ roots }) => [...roots])),
      helps: new Map(all.flatMap(({ helps }) => [...helps])),
    };
    return [...merged.filter((one) => !near.includes(one)), whole];
  }, []);
}

/** Whether some edits change values that others change too, or values inside or around them. */
function isTouching(edits: readonly Edit[], others: readonly Edit[]): boolean {
  return edits.some((edit) =>
    others.some(
      (other) =>
        edit.document === other.document &&
        (startsWith(edit.path, other.path) || startsWith(other.path, edit.path)),
    ),
  );
}

/** What a finding is about, whatever was changed meanwhile: its rule, and the container, step or document. */
function ownerOf({ rule, document, path }: Found): string {
  const own =
    document === 'hooks'
      ? path
      : document === 'imageConfig'
        ? []
        : path[0] === 'containerDefinitions'
          ? path.slice(0, 2)
          : path.slice(0, path.findLastIndex((part) => typeof part === 'number') + 1);
  return JSON.stringify([rule, document, own]);
}
