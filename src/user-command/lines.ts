/** A line that is longer is cut into several, so that what never ends a line is shown too. */
const LONGEST = 8_192;
const KEY_BEGIN = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/;
const KEY_END = /-----END [A-Z ]{0,40}PRIVATE KEY-----/;
/** A key that begins and never ends is given up after so many characters. */
const LONGEST_KEY = 65_536;

/** Makes lines of what comes in pieces. A private key comes as one line, for only whole it is known as one and hidden. */
export function splitLines(onLine: (line: string) => void): { take(text: string): void; flush(): void } {
  let rest = '';
  let key: string | null = null;
  function tell(line: string): void {
    if (key !== null || KEY_BEGIN.test(line)) {
      key = key === null ? line : `${key}\n${line}`;
      if (!KEY_END.test(line) && key.length < LONGEST_KEY) return;
    }
    onLine(key ?? line);
    key = null;
  }
  return {
    take(text) {
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) tell(line);
      while (rest.length > LONGEST) {
        // Between two words: a secret that is cut in two would not be known as one.
        const at = rest.lastIndexOf(' ', LONGEST);
        const length = at > 0 ? at : LONGEST;
        tell(rest.slice(0, length));
        rest = rest.slice(length);
      }
    },
    flush() {
      if (rest !== '') tell(rest);
      if (key !== null) onLine(key);
      [rest, key] = ['', null];
    },
  };
}
