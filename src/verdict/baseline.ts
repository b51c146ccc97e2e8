import { buildEnded } from '../drill/entities/build.ts';
import type { Evidence } from '../journal/evidence.ts';
import type { Verdict } from '../journal/events.ts';
import { rowOf, type Reason } from './reasons.ts';

function verdict(reason: Reason, said: string, events: readonly number[]): Verdict {
  const row = rowOf(reason);
  const finding = {
    check: 'baseline',
    holds: reason === 'baseline' ? ('yes' as const) : ('no' as const),
    raises: null,
    said,
    notes: [],
  };
  return {
    outcome: row.outcome,
    reason,
    stage: row.stage,
    said,
    cause: null,
    next: row.next,
    findings: [{ ...finding, events: [...events] }],
    notes: [],
  };
}

/** `fault: none`: nothing is injected and the build must pass; a baseline, never proof. */
export function judgeBaseline(evidence: Evidence): Verdict {
  const seen = evidence.buildId === null ? null : evidence.last('build', evidence.buildId);
  if (seen === null) return verdict('observation-gap', 'the build was never read', []);
  const build = seen.value;
  const said = `build ${String(build.number)} is ${build.rawState}; nothing was injected`;
  if (build.state === 'passed') return verdict('baseline', said, [seen.seq]);
  if (build.state === 'canceled' || build.state === 'canceling')
    return verdict('build-canceled', said, [seen.seq]);
  if (buildEnded(build)) return verdict('unsound-baseline', said, [seen.seq]);
  if (build.state === 'blocked') return verdict('baseline', said, [seen.seq]);
  const last = evidence.reads('build', build.id).at(-1);
  if (last?.ok === false)
    return verdict('observation-gap', `the last read of the build failed: ${last.error?.message ?? ''}`, [
      last.seq,
    ]);
  return verdict(
    'verdict-timeout',
    `build ${String(build.number)} was still ${build.rawState} when limits.verdictWithin ended`,
    [seen.seq],
  );
}
