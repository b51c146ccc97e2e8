/** Words that `buildkite-agent pipeline upload` and bash hand on unchanged. */

/** Whether a text can stand in a command: a control character, such as a line end, cannot be seen there. */
export function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/**
 * One word of a command in bash's single quotes. The upload interpolates `$`, and reads `$$` as one `$`, but not after a
 * backslash nor before a brace or a letter (https://github.com/buildkite/interpolate); so each `$$` has quotes of its own.
 */
export function quoteWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`).replaceAll('$', `''$$$$''`)}'`;
}

/** A variable of the job's own environment, which the upload must leave alone. */
export function variableOf(name: string): string {
  return `$$${name}`;
}

/** A text for people or a name: what the upload would interpolate is left out. */
export function plainText(text: string): string {
  return text.replaceAll(/[$\\\p{Cc}]/gu, ' ').trim();
}
