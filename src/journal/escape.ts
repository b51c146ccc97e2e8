/**
 * C0 and C1 controls, DEL, line and paragraph separators, and the marks that turn the reading direction: what could
 * drive a terminal, break a log line or hide text. They come in with branch names, labels and messages of others.
 */
// eslint's no-control-regex does not see characters that are built from numbers.
const HARMFUL = new RegExp(
  `[${range(0x00, 0x1f)}${range(0x7f, 0x9f)}${range(0x200e, 0x200f)}${range(0x2028, 0x202e)}${range(0x2066, 0x2069)}${range(0xfeff, 0xfeff)}]`,
  'gu',
);

function range(from: number, to: number): string {
  return `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`;
}

/** Shows every control character of a foreign text as `\u001b` and the like, line ends too. */
export function escapeControls(text: string): string {
  return text.replace(HARMFUL, shown);
}

/** JSON of a value in which no control character stands as itself; it parses to the same value. */
export function toJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  if (indent === undefined) return escapeControls(text);
  return text.split('\n').map(escapeControls).join('\n');
}

function shown(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
