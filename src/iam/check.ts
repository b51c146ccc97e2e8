import { isGlobMatch } from '../model/glob.ts';
import type { Denial } from './denials.ts';
import type { Statement } from './statements.ts';

/**
 * The meaning of a denial, compared with the least policy. `lacks`: the least policy allows the action and the role does not;
 * `held-back`: another kind of policy does not allow it; `forbidden`: a policy denies it explicitly; `ours`: the least policy
 * does not allow it, which is a defect of gameday.
 */
export type Answer = 'lacks' | 'held-back' | 'forbidden' | 'ours';

export interface Checked {
  readonly denial: Denial;
  readonly answer: Answer;
  /** The statement of the least policy that allows the action; null where there is none. */
  readonly statement: Statement | null;
}

/** Compares the denials with the least policy. */
export function checkDenials(denials: readonly Denial[], least: readonly Statement[]): readonly Checked[] {
  return denials.map((denial) => {
    const statement = least.find((one) => isAllowedBy(one, denial.action, denial.resource)) ?? null;
    return { denial, statement, answer: answerOf(denial, statement) };
  });
}

function answerOf({ how, by }: Denial, statement: Statement | null): Answer {
  if (statement === null) return 'ours';
  if (how === 'explicit') return 'forbidden';
  return by === null || /^identity-based polic/.test(by) ? 'lacks' : 'held-back';
}

/** Whether a statement allows the action, on the resource if it is known. */
function isAllowedBy({ actions, resources }: Statement, action: string, resource: string | null): boolean {
  if (!actions.includes(action)) return false;
  return resource === null || resources.some((pattern) => isGlobMatch(pattern, resource));
}
