import { FAULT_TRAITS, isThroughFis } from '../scenario/inject.ts';
import type { DrillState } from '../state/state.ts';
import { findFact } from '../model/world.ts';
import { drainInstance } from './drain-instance.ts';
import type { Fault } from './fault.ts';
import { spotByFis } from './spot-by-fis.ts';
import { stopTask } from './stop-task.ts';

const { name, said } = FAULT_TRAITS['spot-reclaim'].equivalent;

/** No API reclaims Fargate Spot: there StopTask takes the same signal path; on EC2 the host is drained, or interrupted by FIS. */
function chooseFault(state: DrillState): Omit<Fault, 'name'> {
  if (isByFis(state)) return spotByFis;
  const task = findFact(state.world, 'task', state.target?.taskArn ?? '');
  return task?.instanceArn == null ? stopTask : drainInstance;
}

function isByFis({ plan }: DrillState): boolean {
  return plan.mode === 'inject' && isThroughFis(plan.scenario.inject);
}

/** A StopTask has nothing to undo. */
function chooseUndo(state: DrillState): Omit<Fault, 'name'> {
  return isByFis(state) ? spotByFis : drainInstance;
}

/** Fault `spot-reclaim`: a reclaim by FIS, or its signal path with the two-minute limit: an equivalent, and called so. */
export const spotReclaim: Fault = {
  name: 'spot-reclaim',
  needs(known) {
    if (isThroughFis(known.inject)) return spotByFis.needs(known);
    const ways = { FARGATE: [stopTask], EC2: [drainInstance] };
    const needs = (known.hosts === null ? [stopTask, drainInstance] : ways[known.hosts]).map((one) =>
      one.needs(known),
    );
    return {
      calls: needs.flatMap(({ calls }) => calls),
      reads: needs.flatMap(({ reads }) => reads),
    };
  },
  subjects: (state) => chooseFault(state).subjects(state),
  reach: (state) => chooseFault(state).reach(state),
  inert: (state) => chooseFault(state).inert(state),
  describeCalls: (state) => [
    ...(isByFis(state) ? [] : [`${name}: ${said}`]),
    ...chooseFault(state).describeCalls(state),
  ],
  touches: (tasks, target, inject, size) =>
    isThroughFis(inject)
      ? spotByFis.touches(tasks, target, inject, size)
      : [
          `${name}: StopTask for one task of ${tasks}, ${target}; on EC2 DRAINING for its host, ACTIVE afterwards`,
        ],
  inject: (state, now) => chooseFault(state).inject(state, now),
  restore: (state, now) => chooseUndo(state).restore(state, now),
  undo: (state, now) => chooseUndo(state).undo(state, now),
  describeLeft: (state) => chooseUndo(state).describeLeft(state),
  hasFinished: (state, hits) => chooseFault(state).hasFinished(state, hits),
};
