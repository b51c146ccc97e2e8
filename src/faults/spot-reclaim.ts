import { FAULT_TRAITS } from '../scenario/inject.ts';
import type { DrillState } from '../state/state.ts';
import { findFact } from '../model/world.ts';
import { drainInstance } from './drain-instance.ts';
import type { Fault } from './fault.ts';
import { stopTask } from './stop-task.ts';

const { name, said } = FAULT_TRAITS['spot-reclaim'].equivalent;

/** No API reclaims Fargate Spot: there StopTask takes the same signal path; on EC2 the host is drained. */
function chooseFault(state: DrillState): Fault {
  const task = findFact(state.world, 'task', state.target?.taskArn ?? '');
  return task?.instanceArn == null ? stopTask : drainInstance;
}

/** Fault `spot-reclaim`: the signal path of a reclaim with its two-minute limit; an equivalent, and called so. */
export const spotReclaim: Fault = {
  name: 'spot-reclaim',
  needs(known) {
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
  describeCalls: (state) => [`${name}: ${said}`, ...chooseFault(state).describeCalls(state)],
  touches: (tasks, target) => [
    `${name}: StopTask for one task of ${tasks}, ${target}; on EC2 DRAINING for its host, ACTIVE afterwards`,
  ],
  inject: (state, now) => chooseFault(state).inject(state, now),
  restore: (state, now) => drainInstance.restore(state, now),
  undo: (state, now) => drainInstance.undo(state, now),
  describeLeft: (state) => drainInstance.describeLeft(state),
  hasFinished: (state, hits) => chooseFault(state).hasFinished(state, hits),
};
