import { hasBuildEnded } from '../model/entities/build.ts';
import { findFact, type Subject } from '../model/world.ts';
import { hasReadSince, markOf, type DrillState } from '../state/state.ts';
import { paced, type Ask, type Step } from '../state/step.ts';
import { listOwnBuilds } from './own-builds.ts';

function isFollowing({ plan }: DrillState): boolean {
  return plan.mode !== 'assert' && plan.scenario.build.follow === 'triggered';
}

/** What the trigger steps of the drill's builds started, those of builds that were started so among them. */
export function listTriggeredSubjects(state: DrillState): readonly Subject[] {
  return isFollowing(state) ? state.buildIds.map((id) => ({ kind: 'triggered-builds', id })) : [];
}

/** Asks for them, as long as a build may start another. */
export function listTriggeredAsks(state: DrillState, every: number): readonly Ask[] {
  const over = new Set(
    listOwnBuilds(state)
      .filter(hasBuildEnded)
      .map(({ id }) => id),
  );
  return listTriggeredSubjects(state)
    .filter(({ id }) => !over.has(id))
    .map((subject) => paced(subject, every));
}

/** Those that were not read since their build was last seen: it may have started another one before its end. */
export function listStaleTriggeredSubjects(state: DrillState): readonly Subject[] {
  return listTriggeredSubjects(state).filter(
    ({ kind, id }) => !hasReadSince(state, kind, id, markOf(state, 'build', id)?.okSentAt ?? 0),
  );
}

/** A build that a trigger step of ours started becomes one of the drill's: its jobs are waited for, its end is judged. */
export function adoptTriggeredBuild(state: DrillState): Step | null {
  const started = listTriggeredSubjects(state).flatMap(
    ({ id }) => findFact(state.world, 'triggered-builds', id)?.builds ?? [],
  );
  const buildId = started.find((id) => !state.buildIds.includes(id));
  if (buildId === undefined) return null;
  return { do: 'conclude', event: { code: 'GD_BUILD_KNOWN', payload: { buildId, by: 'triggered' } } };
}
