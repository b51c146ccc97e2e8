/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function measureDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function foldWord(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** The allowed word that was most likely meant, or null where none is near. */
export function findClosest(word: string, allowed: readonly string[]): string | null {
  const given = foldWord(word);
  if (given === '' || given.length > 64) return null;
  let best: { readonly word: string; readonly far: number } | null = null;
  for (const candidate of allowed) {
    const far = measureDistance(given, foldWord(candidate));
    if (far < (best?.far ?? Infinity)) best = { word: candidate, far };
  }
  return best !== null && best.far <= Math.max(1, Math.floor(given.length / 3)) ? best.word : null;
}

/** Most names that a message lists: the nearest is named in any case. */
const MOST_NAMES = 10;

/** What there is in place of a name that there is not, as a clause: `the services are a, b; the nearest is b`. */
export function describeNames(what: string, name: string, names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ') || 'none';
  const near = findClosest(name, names);
  const meant = near === null ? '' : `; the nearest is ${near}`;
  return `the ${what} are ${shown}${more > 0 ? ` and ${String(more)} more` : ''}${meant}`;
}
