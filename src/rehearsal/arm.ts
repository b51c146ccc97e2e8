import { account } from '../verdict/account.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import type { Arm, DrillLine } from './document.ts';
import { DRILLS } from './drills.ts';
import type { Play } from './play.ts';

/** What the drills of one definition came to. */
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

/** Whether a drill showed that something must not be as it is. */
export function hasFailed({ drills }: Pick<GameDayDocument, 'drills'>): boolean {
  return drills.some(({ outcome }) => outcome === 'failed');
}

/** What comes between a drill and its worker where the machine is slow, or the worker leaves by itself meanwhile. */
const DISTURBANCES: ReadonlySet<string> = new Set([
  'stopped-by-other',
  'finished-before-stop',
  'missed-target',
  'observation-gap',
  'blast-radius',
]);

/** Whether a drill proved nothing for a reason that need not come again; what was proven is never played again. */
export function wasDisturbed({ outcome, reason }: Pick<DrillResult, 'outcome' | 'reason'>): boolean {
  return (outcome === 'inconclusive' || outcome === 'refused') && DISTURBANCES.has(reason);
}

/** The day with the later results of the drills that were played again. */
export function withRepeats(day: GameDayDocument, again: GameDayDocument): GameDayDocument {
  const latest = day.drills.map((old) => again.drills.find(({ file }) => file === old.file) ?? old);
  return account(latest, [], null);
}
