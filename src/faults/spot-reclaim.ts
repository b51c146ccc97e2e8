import { FAULT_TRAITS } from '../scenario/inject.ts';
import type { DrillState } from '../state/state.ts';
import { seen } from '../model/world.ts';
import { drainInstance } from './drain-instance.ts';
import type { Fault } from './fault.ts';
import { stopTask } from './stop-task.ts';

const { name, said } = FAULT_TRAITS['spot-reclaim'].equivalent;

/** No API reclaims Fargate Spot: there StopTask takes the same signal path; on EC2 the host is drained. */
function way(state: DrillState): Fault {
  const task = seen(state.world, 'task', state.target?.taskArn ?? '');
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
  subjects: (state) => way(state).subjects(state),
  reach: (state) => way(state).reach(state),
  inert: (state) => way(state).inert(state),
  shown: (state) => [`${name}: ${said}`, ...way(state).shown(state)],
  touches: (tasks, target) => [
    `${name}: StopTask for one task of ${tasks}, ${target}; on EC2 DRAINING for its host, ACTIVE afterwards`,
  ],
  inject: (state, now) => way(state).inject(state, now),
  undo: (state, now) => drainInstance.undo(state, now),
  left: (state) => drainInstance.left(state),
  over: (state, hits) => way(state).over(state, hits),
};
