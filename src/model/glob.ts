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
