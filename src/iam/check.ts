import { fits } from '../model/glob.ts';
import type { Denial } from './denials.ts';
import type { Statement } from './statements.ts';

/**
 * What a denial comes to beside the least policy: `lacks`: the policy allows it and the role does not; `held-back`: another
 * kind of policy, which ours cannot open; `forbidden`: something denies it explicitly; `ours`: the least policy lacks it, which
 * is a defect of gameday.
 */
export type Answer = 'lacks' | 'held-back' | 'forbidden' | 'ours';

export interface Checked {
  readonly denial: Denial;
  readonly answer: Answer;
  /** The statement of the least policy that allows it; null where there is none. */
  readonly statement: Statement | null;
}

/** Compares what was denied with what the least policy allows. */
export function check(denials: readonly Denial[], least: readonly Statement[]): readonly Checked[] {
  return denials.map((denial) => {
    const statement = least.find((one) => allows(one, denial.action, denial.resource)) ?? null;
    return { denial, statement, answer: answerOf(denial, statement) };
  });
}

function answerOf({ how, by }: Denial, statement: Statement | null): Answer {
  if (statement === null) return 'ours';
  if (how === 'explicit') return 'forbidden';
  return by === null || /^identity-based polic/.test(by) ? 'lacks' : 'held-back';
}

/** Whether a statement names the action, and the resource where it is known. */
function allows({ actions, resources }: Statement, action: string, resource: string | null): boolean {
  if (!actions.includes(action)) return false;
  return resource === null || resources.some((pattern) => fits(pattern, resource));
}
