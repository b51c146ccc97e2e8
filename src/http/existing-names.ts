import type { Answer } from '../model/answer.ts';
import { describeNames } from '../model/suggest.ts';

/** A name that a service may not know, and how those that it knows are listed. */
interface Wanted {
  /** What the name is one of, in the plural. */
  readonly what: string;
  readonly name: string;
  readonly list: () => Promise<Answer<readonly string[]>>;
}

/** Adds the names that there are to an answer that the named thing does not exist. */
export type NameExisting = <T>(answer: Answer<T>, wanted: Wanted) => Promise<Answer<T>>;

/**
 * Names are listed only after `not-found`, and once for each name: a drill may ask for the same thing at every look. Where they
 * cannot be listed, often for want of a right that no drill needs, nothing is added.
 */
export function createNameExisting(): NameExisting {
  const known = new Map<string, string>();
  return async (answer, { what, name, list }) => {
    if (answer.ok || answer.trouble.kind !== 'not-found') return answer;
    const key = `${what} ${name}`;
    if (!known.has(key)) {
      const listed = await list();
      known.set(key, listed.ok ? `; ${describeNames(what, name, listed.value)}` : '');
    }
    const { message } = answer.trouble;
    return { ok: false, trouble: { ...answer.trouble, message: `${message}${known.get(key) ?? ''}` } };
  };
}
