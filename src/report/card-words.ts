import type { DrillResult } from '../verdict/result.ts';
import { causeLine, pickEquals } from './cause.ts';

// The words of a drill's short end, on a screen and on a page.

/** The surest cause and the change that it asks for; null where nothing failed. */
export interface CauseWords {
  readonly said: string;
  readonly decided: boolean;
  /** What stands between backquotes is to be pasted; null: the evidence supports no cause. */
  readonly fix: string | null;
}

export function sayCause(cause: DrillResult['cause']): CauseWords | null {
  if (cause === null) return null;
  const equals = pickEquals(cause);
  const [first] = equals;
  const experiment = cause.experiment === null ? '' : `; to decide it: ${cause.experiment}`;
  if (first === undefined)
    return { said: `the evidence supports none${experiment}`, decided: false, fix: null };
  if (cause.decided) return { said: causeLine(first), decided: true, fix: first.saves };
  const names = equals.map(({ name }) => name).join(' or ');
  return {
    said: `not decided: ${names}${experiment}`,
    ...{ decided: false, fix: `if it is ${first.name}: ${first.saves}` },
  };
}

/** The checks, counted and named; those that were not asked do not count. Null where none was. */
export function countChecks({ findings }: Pick<DrillResult, 'findings'>): {
  readonly count: string;
  readonly failed: readonly string[];
  readonly unproven: readonly string[];
} | null {
  const asked = findings.filter(({ holds }) => holds !== 'unasked');
  if (asked.length === 0) return null;
  const named = (how: 'yes' | 'no' | 'unknown'): readonly string[] =>
    asked.filter(({ holds }) => holds === how).map(({ check }) => check);
  return {
    ...{ count: sayHeld(named('yes').length, asked.length) },
    ...{ failed: named('no'), unproven: named('unknown') },
  };
}

/** `all 4 hold`, `2 of 4 hold`, `1 of 1 holds`. */
export function sayHeld(held: number, of: number): string {
  if (held === 1 && of === 1) return '1 of 1 holds';
  return held === of ? `all ${String(held)} hold` : `${String(held)} of ${String(of)} hold`;
}
