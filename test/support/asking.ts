import type { Case, Check } from '../../src/checks/check.ts';
import { attemptsOf } from '../../src/evidence/attempts.ts';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import type { Finding } from '../../src/journal/events.ts';
import { story, type Told } from './journal-builders.ts';

/** What a check is given of a story. */
export function caseOf(told: Told): Case {
  const evidence = evidenceOf(story(told));
  return { evidence, attempts: attemptsOf(evidence) };
}

/** What one check finds in a story. */
export function asked(check: Check, told: Told = {}): Omit<Finding, 'check'> {
  return check.judge(caseOf(told));
}

/** A check's answer in two words: whether it holds, and what it raises. */
export function answer(check: Check, told: Told = {}): string {
  const { holds, raises } = asked(check, told);
  return raises === null ? holds : `${holds} ${raises}`;
}
