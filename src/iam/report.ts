import { escapeControls, toJson } from '../journal/escape.ts';
import type { Answer, Checked } from './check.ts';
import { policyStatement } from './policy.ts';
import type { Policy } from './policy.ts';
import type { Statement } from './statements.ts';
import { createPainter } from '../report/paint.ts';

/** A least policy with its notes. */
export interface Written {
  readonly format: string;
  readonly text: string;
  /** Null if the account is filled in later. */
  readonly policy: Policy | null;
  readonly statements: readonly Statement[];
  readonly characters: number;
  readonly notes: readonly string[];
}

/** The document of `gameday iam --json` beside its outcome. */
export function writtenDocument({ statements, ...rest }: Written): object {
  return { ...rest, why: Object.fromEntries(statements.map(({ sid, why }) => [sid, why])) };
}

/** The document of `gameday iam --check --json` beside its outcome. */
export function checkedDocument(drill: string, checked: readonly Checked[]): object {
  const denials = checked.map(({ denial, answer, statement }) => ({
    ...denial,
    answer,
    statement: statement === null ? null : policyStatement(statement),
  }));
  return { drill, denials };
}

/** Every denial with its reason and what to do. */
export function checkedLines(drill: string, checked: readonly Checked[], colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  if (checked.length === 0) return [`AWS denied nothing in drill ${escapeControls(drill)}.`];
  const head = `In drill ${drill} AWS denied ${String(checked.length)} ${checked.length === 1 ? 'action' : 'actions'}.`;
  return [
    escapeControls(head),
    ...checked.flatMap((one) => {
      const { action, resource, events } = one.denial;
      return [
        '',
        `${paint('denied', 'bad')} ${paint(escapeControls(action), 'loud')}  ${escapeControls(resource ?? 'resource not named')}  (${events.length === 1 ? 'event' : 'events'} ${events.join(', ')})`,
        `  why:  ${escapeControls(WHY[one.answer](one))}`,
        `  next: ${NEXT[one.answer]}`,
        ...(one.statement === null || one.answer !== 'lacks' ? [] : statementLines(one.statement)),
      ];
    }),
  ];
}

function statementLines(statement: Statement): readonly string[] {
  return toJson(policyStatement(statement), 2)
    .split('\n')
    .map((line) => `    ${line}`);
}

const WHY: Readonly<Record<Answer, (one: Checked) => string>> = {
  lacks: ({ statement, denial }) =>
    `the role in use lacks statement ${statement?.sid ?? ''} of the least policy${denial.by === null ? '' : `: no ${denial.by} allows it`}`,
  'held-back': ({ statement, denial }) =>
    `no ${denial.by ?? 'policy'} allows it; statement ${statement?.sid ?? ''} of the least policy alone does not change that`,
  forbidden: ({ denial }) =>
    `an explicit deny${denial.by === null ? '' : ` in a policy: ${denial.by}`}; it overrides every allow`,
  ours: () => 'the least policy of this scenario does not allow the action either: a defect of gameday',
};

const NEXT: Readonly<Record<Answer, string>> = {
  lacks: 'Give the role this statement; if the role has it, compare Resource and Condition.',
  'held-back': 'Ask the owner of that policy to allow the action too.',
  forbidden: 'Ask the owner of the deny; an allow does not help.',
  ours: 'Report it with this journal. Until it is solved, allow the action in addition to the least policy.',
};
