import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import type { Arm, DrillLine } from './document.ts';
import { DRILLS } from './drills.ts';
import type { Play } from './play.ts';

/** What the drills of one definition came to. */
export function armOf({ preflight, window }: Play, files: readonly string[], day: GameDayDocument): Arm {
  return {
    outcome: day.outcome,
    exitCode: day.exitCode,
    window,
    findings: preflight.findings.map(({ rule, severity, seen, todo }) => ({ rule, severity, seen, todo })),
    drills: DRILLS.flatMap((drill, index) => {
      const result = day.drills.find(({ file }) => file === files[index]);
      return result === undefined ? [] : [lineOf(drill, result)];
    }),
  };
}

function lineOf(drill: DrillLine['drill'], result: DrillResult): DrillLine {
  const { file, outcome, reason, exitCode, said, drain, journal } = result;
  return { drill, scenario: file, outcome, reason, exitCode, said, drain: drain?.ms ?? null, journal };
}

/** Whether a drill showed that something must not be as it is. */
export function hasFailed({ drills }: Pick<GameDayDocument, 'drills'>): boolean {
  return drills.some(({ outcome }) => outcome === 'failed');
}
