/**
 * Whether a pattern fits a text from end to end; `*` stands for any characters, or for none. Each part between two stars is
 * looked for once, behind the part before it: nothing is ever tried a second time, whatever the pattern.
 */
export function isGlobMatch(pattern: string, text: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** Whether there is a text that fits both patterns. */
export function haveCommonText(one: string, other: string): boolean {
  // The places in `other` that can be reached with the part of `one` before the present character.
  let reached = skipStars(other, new Set([0]));
  for (const sign of one.split('')) {
    const next = new Set<number>();
    for (const at of reached) {
      if (sign === '*') for (let to = at; to <= other.length; to += 1) next.add(to);
      else if (other[at] === '*') next.add(at);
      else if (other[at] === sign) next.add(at + 1);
    }
    reached = skipStars(other, next);
  }
  return reached.has(other.length);
}

/** A star may stand for nothing. */
function skipStars(pattern: string, places: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(places);
  for (const at of all) if (pattern[at] === '*') all.add(at + 1);
  return all;
}
