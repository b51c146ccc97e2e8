import { UNDO_TAG } from '../model/entities/undo-mark.ts';
import { findFact, listFacts } from '../model/world.ts';
import { isThroughFis } from '../scenario/inject.ts';
import { traitsOf } from '../scenario/plan.ts';
import type { ScenarioState } from '../state/state.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** Tags of one resource, without those of AWS itself (ECS API reference, TagResource). */
const MOST_TAGS = 50;

/** Whether the fault marks the service before it changes something. */
function mustMark({ plan, target, world }: ScenarioState): boolean {
  if (plan.mode === 'inject' && isThroughFis(plan.scenario.inject)) return true;
  const { takes, reclaims } = traitsOf(plan) ?? { takes: 'target', reclaims: false };
  const host = findFact(world, 'task', target?.taskArn ?? '')?.instanceArn ?? null;
  return takes === 'one-of-service' || (takes === 'host' && (!reclaims || host !== null));
}

/** A service with as many tags as ECS allows cannot be marked; that is found before a build is started. */
export const roomForMark: Guard = {
  name: 'room-for-mark',
  rule: 'A service that is marked before it is changed has room for one more tag (of 50), unless safety.mark is off.',
  reason: 'fault-refused',
  judge(state) {
    if (!mustMark(state) || state.plan.scenario.safety.mark === 'off') return holds('no service is marked');
    for (const { name, tags } of listFacts(state.world, 'service')) {
      const keys = Object.keys(tags).filter((key) => !key.startsWith('aws:') && key !== UNDO_TAG);
      if (keys.length < MOST_TAGS) continue;
      return refuses(
        `service ${name} has ${String(keys.length)} tags, as many as ECS allows, so ${UNDO_TAG} cannot be set before the service is changed; whoever owns the service removes a tag that is not needed, or set safety.mark: off in the scenario`,
      );
    }
    return holds(`the service has room for the tag ${UNDO_TAG}`);
  },
};
