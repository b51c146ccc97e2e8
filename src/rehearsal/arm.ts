import { makeGameDayDocument } from '../verdict/account.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import type { Arm, DrillLine } from './document.ts';
import { DRILLS } from './drills.ts';
import type { Play } from './play.ts';

/** The result of the drills of one definition. */
export function armOf(
  { preflight, window }: Play,
  files: readonly string[],
  day: GameDayDocument,
  played: ReadonlyMap<string, number>,
): Arm {
  return {
    outcome: day.outcome,
    exitCode: day.exitCode,
    window,
    findings: preflight.findings.map(({ rule, severity, seen, todo }) => ({ rule, severity, seen, todo })),
    drills: DRILLS.flatMap((drill, index) => {
      const result = day.drills.find(({ file }) => file === files[index]);
      return result === undefined ? [] : [lineOf(drill, result, played.get(result.file) ?? 1)];
    }),
  };
}

function lineOf(drill: DrillLine['drill'], result: DrillResult, played: number): DrillLine {
  const { file, outcome, reason, exitCode, said, drain, journal } = result;
  return {
    drill,
    scenario: file,
    played,
    outcome,
    reason,
    exitCode,
    said,
    cause: firstCauseOf(result),
    drain: drain?.ms ?? null,
    journal,
  };
}

function firstCauseOf({ cause }: DrillResult): DrillLine['cause'] {
  const [first] = cause?.ranked ?? [];
  return first === undefined ? null : { name: first.name, weight: first.weight, said: first.said };
}

/** Whether a drill failed, or could not be judged for a reason in the definition. */
export function hasFailed({ drills }: Pick<GameDayDocument, 'drills'>): boolean {
  return drills.some(({ outcome }) => outcome === 'failed');
}

/** Reasons of a disturbed drill: the machine was slow, or the worker exited by itself meanwhile. */
const DISTURBANCES: ReadonlySet<string> = new Set([
  'stopped-by-other',
  'finished-before-stop',
  'missed-target',
  'observation-gap',
  'blast-radius',
  'not-settled',
]);

/** Whether a drill proved nothing for a reason that may not recur; a drill with a proven result is never repeated. */
export function wasDisturbed({ outcome, reason }: Pick<DrillResult, 'outcome' | 'reason'>): boolean {
  return (outcome === 'inconclusive' || outcome === 'refused') && DISTURBANCES.has(reason);
}

/** The game day, with the results of repeated drills in place of the first ones. */
export function withRepeats(day: GameDayDocument, again: GameDayDocument): GameDayDocument {
  const latest = day.drills.map((old) => again.drills.find(({ file }) => file === old.file) ?? old);
  return makeGameDayDocument(latest, [], null);
}
