import { explainUnwritable } from '../disk/writable.ts';
import type { InputError } from '../scenario/problem.ts';

/** Why drills cannot be kept in a folder that somebody named: found before anything is contacted. `what` names it with its flag or variable. */
export function explainWrongFolder(what: string, folder: string): readonly InputError[] {
  const refusal = explainUnwritable(folder);
  if (refusal === null) return [];
  return [{ message: `${what} ${folder} cannot be written: ${refusal.said}`, at: null, next: refusal.next }];
}
