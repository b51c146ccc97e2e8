import type { DrillResult } from '../verdict/result.ts';
import { makePart, type Part } from './card-parts.ts';
import { countChecks, sayCause, sayHeld } from './card-words.ts';

/** What the verdict says, why it failed, what would have saved the build, and what the checks and guards found. */
export function explanationParts(result: DrillResult, width: number): readonly Part[] {
  return [
    // Beside a cause, the verdict's own sentence adds the least.
    saidPart(result, width),
    ...causeParts(result.cause, width),
    ...todoParts(result, width),
    ...checkParts(result, width),
    ...guardParts(result, width),
    ...noteParts(result.notes, width),
  ];
}

/** That of an interrupt says what was sent and what was put back, which a person acts on: it is cut last. */
function saidPart(result: DrillResult, width: number): Part {
  const isCut = result.outcome === 'interrupted';
  const rank = hasCause(result) ? 11 : 4;
  return makePart(rank, '', result.said, width, { most: isCut ? 8 : 4, isWhole: isCut });
}

function causeParts(cause: DrillResult['cause'], width: number): readonly Part[] {
  const words = sayCause(cause);
  if (words === null) return [];
  const { said, decided, fix } = words;
  const options = { ...(decided ? {} : { tone: 'warn' as const }), least: fix === null ? 1 : 2 };
  return [makePart(2, 'Cause', said, width, options), ...(fix === null ? [] : [fixPart(fix, width)])];
}

/** The change, ready to be pasted: where it begins with code, that has a line of its own. */
function fixPart(saves: string, width: number): Part {
  const [, code = saves, rest = ''] = /^`([^`]+)`\s*(.*)$/s.exec(saves) ?? [];
  const parts = [code, rest]
    .filter((text) => text !== '')
    .map((text, index) => makePart(3, index === 0 ? 'Fix' : ' ', text, width, { tone: 'good' }));
  const lines = parts.flatMap((part) => part.lines).slice(0, MOST_OF_FIX);
  // Half a change is none.
  return { rank: 3, least: lines.length, lines, isPasted: true };
}

/** Lines of a fix. */
const MOST_OF_FIX = 4;

function hasCause({ cause }: Pick<DrillResult, 'cause'>): boolean {
  return cause !== null && cause.ranked.length > 0;
}

/** What to do, where no fix says it. */
function todoParts({ next, cause, outcome }: DrillResult, width: number): readonly Part[] {
  // An end that is as it should be has nothing to do, and says so.
  if (hasCause({ cause }) || next.startsWith('Nothing to do') || ['passed', 'planned'].includes(outcome))
    return [];
  return [makePart(3, 'To do', next, width)];
}

/** `2 of 4 hold; NO no-job-lost; ?? agent-left`. */
function checkParts(result: DrillResult, width: number): readonly Part[] {
  const checks = countChecks(result);
  if (checks === null) return [];
  const { count, failed, unproven } = checks;
  const name = (word: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [`${word} ${names.join(', ')}`];
  const text = [count, ...name('NO', failed), ...name('??', unproven)].join('; ');
  return [makePart(5, 'Checks', text, width, { tone: failed.length > 0 ? 'bad' : 'plain', most: 2 })];
}

/** Guards are worth a line where one does not hold, and before a drill that has not run. */
function guardParts({ guards, outcome }: DrillResult, width: number): readonly Part[] {
  const unmet = guards.filter(({ holds }) => !holds);
  if (guards.length === 0 || (unmet.length === 0 && outcome !== 'planned')) return [];
  const held = guards.length - unmet.length;
  const said = unmet.map(
    ({ guard, waits, said: why }) => `${guard} ${waits === true ? 'waits' : 'REFUSES'}: ${why}`,
  );
  return [
    makePart(5, 'Guards', [sayHeld(held, guards.length), ...said].join('; '), width, {
      tone: unmet.length > 0 ? 'warn' : 'plain',
      most: 4,
    }),
  ];
}

/** The last note: what the journal does not hold stands at the end, as a ledger that could not be written. */
function noteParts(notes: readonly string[], width: number): readonly Part[] {
  const last = notes.at(-1);
  if (last === undefined) return [];
  const count = notes.length === 1 ? '' : ` (and ${String(notes.length - 1)} more)`;
  return [
    makePart(9, notes.length === 1 ? 'Note' : 'Notes', `${last}${count}`, width, { tone: 'quiet', most: 2 }),
  ];
}
