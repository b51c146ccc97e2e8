import type { CallOf } from '../model/call.ts';
import { decideInjecting } from '../state/inject.ts';
import type { DrillState } from '../state/state.ts';
import { inject, type Fault } from './fault.ts';

/** The reason under which our stop is found again in ECS (`stoppedReason`). */
export function stopReason(drill: string): string {
  return `gameday ${drill}`;
}

function call(state: DrillState): CallOf<'stop-task'> {
  return {
    kind: 'stop-task',
    cluster: state.plan.scenario.cluster.name,
    taskArn: state.target?.taskArn ?? '',
    reason: stopReason(state.drill),
  };
}

/** Fault `stop-task`: one StopTask for the task that hosts the job. It has no undo: a service starts another task by itself. */
export const stopTask: Fault = {
  kind: 'stop-task',
  needs: () => ({ calls: ['stop-task'], reads: [] }),
  subjects: () => [],
  reach: (state) => (state.target === null ? [] : [state.target.taskArn]),
  inert: () => null,
  shown: (state) => [`StopTask will be sent for ${state.target?.taskArn ?? 'the task'}`],
  inject: (state, now) => (state.phase === 'aiming' ? inject(call(state)) : decideInjecting(state, now)),
  undo: () => null,
  left: () => [],
  over: () => true,
};
