/** Gives what stands in a secret's place: the same for the same value within one drill, and nothing that leads back to it. */
export type Digest = (value: string) => string;

/** What every digest begins with. Only letters, digits and a dash: shells, URLs and JSON read one as a plain word. */
export const DIGEST_PREFIX = 'hidden-';

const DIGEST = new RegExp(`^${DIGEST_PREFIX}[0-9a-z]+$`);

/** The digest of a value; nothing, and what is a digest already, stay as they are. */
export function digestValue(value: string, digest: Digest): string {
  return value === '' || DIGEST.test(value) ? value : digest(value);
}

/** Words that name a secret, as one part of `DATABASE_PASSWORD` or `--api-token`. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['TOKEN', 'TOKENS', 'SECRET', 'SECRETS', 'PASSWORD', 'PASSWORDS', 'PASSWD', 'PASS', 'PASSPHRASE'],
  ...['PWD', 'PW', 'APIKEY', 'CREDENTIAL', 'CREDENTIALS', 'AUTH', 'AUTHORIZATION', 'JWT', 'PAT', 'DSN'],
]);
/** In these a key is what a value is found by, or is there for everybody. */
const OPEN_KEYS: ReadonlySet<string> = new Set(['CACHE', 'STEP', 'PUBLIC', 'PARTITION', 'PRIMARY', 'SORT']);
/** The shell's own. */
const FOLDERS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

/** What leads to a secret, or says something about it, and is none itself: `TOKEN_FILE`, `SECRET_ARN`. */
const ABOUT: ReadonlySet<string> = new Set([
  ...[
    'ARN',
    'COUNT',
    'DIR',
    'FILE',
    'HOST',
    'ID',
    'LENGTH',
    'NAME',
    'PATH',
    'TTL',
    'TYPE',
    'URI',
    'URL',
    'VERSION',
  ],
]);

/** Whether a variable or a flag of this name holds a secret: `DATABASE_PASSWORD`, `modelKey`, `--api-token`. */
export function isSecretName(name: string): boolean {
  if (FOLDERS.has(name)) return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .map((word) => word.replace(/[0-9]+$/, ''))
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  if (ABOUT.has(last)) return false;
  if (words.some((word) => SECRET_WORDS.has(word))) return true;
  const before = words.at(-2) ?? '';
  return (last === 'KEY' || last === 'KEYS') && before !== '' && !OPEN_KEYS.has(before);
}

const SWITCH = /^(?:true|false|yes|no|on|off)?$/i;
const NUMBER = /^\d{1,6}(?:\.\d{1,6})?(?:ms|s|m|h)?$/;

/** A number, a duration or a switch. */
export function isPlainValue(value: string): boolean {
  return SWITCH.test(value) || NUMBER.test(value);
}

/** The name of a Git commit has so many digits. */
const COMMIT = /^[0-9a-f]{40}$/;

/** A run of letters and digits that nobody thought up: hexadecimal, or of both cases, with several digits. */
export function isRandomLooking(word: string): boolean {
  if (!/^[A-Za-z0-9]{20,}$/.test(word) || COMMIT.test(word)) return false;
  if ((word.match(/[0-9]/g) ?? []).length < 3) return false;
  return /^[0-9a-f]{32,}$/i.test(word) || (/[a-z]/.test(word) && /[A-Z]/.test(word));
}

/** Tokens that are known by how they begin, and addresses with a password in them. */
const SHAPES =
  /\b(?:bk[a-z]{2}_|gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|sk-)[A-Za-z0-9_-]{6,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\beyJ[A-Za-z0-9_-]{10,}|\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"']{1,200}:[^\s/@"']{1,200}@/;

/** Whether a variable's value is a secret by its name, or by what it looks like. A count of tokens is none. */
export function isSecretValue(name: string, value: string): boolean {
  if (SWITCH.test(value)) return false;
  if (NUMBER.test(value)) return isSecretName(name) && !/TOKENS/i.test(name);
  return isSecretName(name) || SHAPES.test(value) || isRandomLooking(value);
}
