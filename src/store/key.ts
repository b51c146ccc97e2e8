import type { StoreError } from './port.ts';

/** A part of a key: a file's name on every system, never hidden, and none of the names that the directory itself uses. */
const PART = /^[A-Za-z0-9_][A-Za-z0-9._=+@-]{0,199}$/;

/** Whether a text can be a key: it stays within the store, on a directory and on S3 alike. */
export function isKey(key: string): boolean {
  return key.length <= 900 && key.split('/').every((part) => PART.test(part));
}

/** The error of a key that is none; null where it is one. */
export function refuseKey(key: string): StoreError | null {
  if (isKey(key)) return null;
  return {
    kind: 'broken',
    message: `${JSON.stringify(key.slice(0, 120))} is no key of a store: parts of letters, digits and . _ = + @ - between slashes`,
    next: 'Correct the name that the key was made from.',
  };
}
