import type { Instant } from '../drill/entities/build.ts';
import { endWatch } from '../drill/inject.ts';
import type { DrillState } from '../drill/state.ts';
import { fresh, paced, QUIET_FOR, type Ask, type Step } from '../drill/step.ts';
import { seen, type Subject } from '../drill/world.ts';
import { evidenceOf } from '../journal/evidence.ts';
import { hitsOf, reachOf } from '../journal/hits.ts';

/** The lists and places that show which tasks the scheduler takes. */
export function placeAsks(state: DrillState, every: number): readonly Ask[] {
  const { cluster } = state.plan.scenario;
  const target = seen(state.world, 'task', state.target?.taskArn ?? '');
  const instance = target?.instanceArn ?? null;
  const drains = state.strikes.some(({ call }) => call.kind === 'set-instance-state');
  const subjects: Subject[] = [
    ...(cluster.service === null ? [] : [{ kind: 'service', id: cluster.service } as const]),
    ...(drains && instance !== null
      ? [{ kind: 'instance', id: instance } as const, { kind: 'tasks-on', id: instance } as const]
      : [{ kind: 'tasks-of', id: state.plan.lockKey } as const]),
  ];
  return subjects.map((subject) => paced(subject, every));
}

/** Tasks in reach that are wanted no more by the latest list, and have not been seen going down yet. */
function missing(state: DrillState): readonly string[] {
  const evidence = evidenceOf(state.journal);
  const listed = new Set(
    [...evidence.every('tasks-of'), ...evidence.every('tasks-on')].flatMap(({ value }) => value.arns),
  );
  return reachOf(evidence).filter(
    (arn) => !listed.has(arn) && evidence.last('task', arn)?.value.desired !== 'STOPPED',
  );
}

/** All calls of the fault were answered: wait until the first task goes down, which is the proof that it landed. */
export function awaitHit(state: DrillState, now: Instant): Step {
  const evidence = evidenceOf(state.journal);
  const hit = hitsOf(evidence)[0];
  if (hit !== undefined)
    return {
      do: 'conclude',
      event: {
        code: 'GD_FAULT_LANDED',
        payload: {
          taskArn: hit.value.arn,
          by: 'observation',
          said: `the scheduler stops ${hit.value.arn}: ${hit.value.stopCode ?? 'no stop code'}, "${hit.value.stoppedReason ?? ''}"`,
        },
      },
    };
  const gone = missing(state);
  if (gone.length > 0) return { do: 'observe', asks: gone.map((id) => fresh({ kind: 'task', id })), by: now };
  const deadline = state.deadline ?? now;
  if (now >= deadline)
    return endWatch('deadline', 'limits.verdictWithin ended, and the scheduler had stopped no task');
  const every = state.plan.scenario.limits.pollEvery;
  return { do: 'observe', asks: placeAsks(state, every), by: Math.min(deadline, now + QUIET_FOR) };
}

/** The same for those that follow while the rollout goes on. */
export function followAsks(state: DrillState, every: number): readonly Ask[] {
  return [...placeAsks(state, every), ...missing(state).map((id) => paced({ kind: 'task', id }, 0))];
}
