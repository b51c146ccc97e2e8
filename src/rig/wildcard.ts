/**
 * Whether a pattern fits a text from end to end; `*` stands for any characters, `?` for one. After a mismatch only the last star
 * takes one character more, so that no pattern costs more than its length times the text's.
 */
export function fits(pattern: string, text: string): boolean {
  let [at, place] = [0, 0];
  let star = -1;
  let tried = 0;
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place;
      tried = at;
      place += 1;
    } else if (pattern[place] === '?' || (place < pattern.length && pattern[place] === text[at])) {
      at += 1;
      place += 1;
    } else if (star === -1) {
      return false;
    } else {
      tried += 1;
      at = tried;
      place = star + 1;
    }
  }
  while (pattern[place] === '*') place += 1;
  return place === pattern.length;
}
