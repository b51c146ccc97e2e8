import type { CallOf } from '../model/call.ts';
import type { Experiment } from '../model/entities/experiment.ts';
import type { EcsInstant } from '../model/instants.ts';
import type { Task } from '../model/entities/task.ts';
import type { Evidence, Sighting } from './evidence.ts';

/** How a task shows that something else than a container's own end stopped it, by what the experiment does. */
const STOP_CODES: Readonly<Record<CallOf<'start-experiment'>['does'], readonly string[]>> = {
  // ECS drains the host of a Spot instance that is interrupted; what is left on it then goes with it.
  'interrupt-host': ['ServiceSchedulerInitiated', 'SpotInterruption', 'TerminationNotice'],
  'drain-hosts': ['ServiceSchedulerInitiated'],
  'stop-tasks': ['UserInitiated'],
};

/** Whether an experiment of this kind may have stopped the task, or nothing says yet who did. */
export function mayBeByExperiment({ does }: CallOf<'start-experiment'>, { stopCode }: Task): boolean {
  return stopCode === null || STOP_CODES[does].includes(stopCode);
}

/** The experiment of the drill as it was seen last before it was stopped by us; undefined before it was seen. */
export function findExperiment(evidence: Evidence): Sighting<Experiment> | undefined {
  const [seen] = evidence.every('experiment');
  const undone = evidence.events('GD_UNDO_INTENDED')[0]?.seq;
  return seen === undefined ? undefined : evidence.lastLook('experiment', seen.id, () => true, undone);
}

/** When the first action of the experiment began that is more than a wait, by AWS's clock; null before. */
export function findActionStart({ actions }: Experiment): EcsInstant | null {
  const began = actions.flatMap(({ action, startedAt }) =>
    action === 'aws:fis:wait' || startedAt === null ? [] : [startedAt],
  );
  return began.length === 0 ? null : began.reduce((first, at) => (at < first ? at : first));
}

/** How the experiment stands, in FIS's words. */
export function describeExperiment({ id, status, reason, actions }: Experiment): string {
  const said = reason === null ? '' : ` ("${reason}")`;
  const failed = actions.find((action) => action.status === 'failed');
  const why = failed?.reason == null ? '' : `; action ${failed.name}: ${failed.reason}`;
  return `FIS experiment ${id} is ${status}${said}${why}`;
}
