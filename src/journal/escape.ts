/**
 * Controls, line and paragraph separators, and the whole Unicode class of format characters (reading direction, zero
 * width, joiners, tags): what could drive a terminal, break a log line or hide text. They come in with branch names,
 * labels and messages of others.
 */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Nothing of the above, nor anything beyond ASCII; line ends are those of the indentation, as JSON escapes others. */
const PLAIN = /^[\n -~]*$/;

/** Shows every control and format character of a foreign text as `\u001b` and the like, line ends too. */
export function escapeControls(text: string): string {
  return text.replace(HARMFUL, escapeCharacter);
}

/** JSON of a value in which no control character stands as itself; it parses to the same value. */
export function toJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  // Most documents are plain ASCII, and some are large.
  if (PLAIN.test(text)) return text;
  if (indent === undefined) return escapeControls(text);
  return text.split('\n').map(escapeControls).join('\n');
}

/** Each UTF-16 unit by itself, so that JSON reads a character beyond the first plane back as it was. */
function escapeCharacter(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
