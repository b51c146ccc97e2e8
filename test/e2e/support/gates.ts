import { TASK_ARN_TAG } from '../../../src/model/entities/agent.ts';
import { isGoingDown } from '../../../src/model/entities/task.ts';
import type { Job } from '../../../src/model/entities/job.ts';
import { eventsOf } from '../../../src/journal/events.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';

/** Where the gates of a case lie, until its folder is known. */
export const GATES = '@GATES@';

/** The gates that stand open after these events: their names, or ids of jobs. */
export type Opens = (events: readonly DrillEvent[]) => readonly string[];

/**
 * A command that waits until its gate is opened, or one with its job's own id, and then goes on: for two seconds, so that its
 * end lies after the stop by more than the clocks' measured error, whoever tells it.
 */
export function held(name = 'struck', then = 'sleep 2'): string {
  return [
    `until [ -e "${GATES}/${name}" ] || [ -e "${GATES}/$BUILDKITE_JOB_ID" ]; do sleep 0.2; done`,
    then,
  ].join('\n');
}

/** A command that never ends by itself. */
export const ENDLESS = 'sleep 600';

/** Whether the read that proves the job in flight was made: after it the job may end. */
export function provenInFlight(events: readonly DrillEvent[]): boolean {
  const landed = eventsOf(events, 'GD_FAULT_LANDED').at(-1);
  if (landed === undefined) return false;
  return eventsOf(events, 'GD_OBSERVED').some(
    ({ seq, payload }) =>
      seq > landed.seq && payload.reads.some((read) => read.ok && read.subject.kind === 'job'),
  );
}

/** The gate `struck` opens as soon as the target job was seen in flight after the stop. */
export const whenProven: Opens = (events) => (provenInFlight(events) ? ['struck'] : []);

/** The gates open as soon as the injection is written down; with a call that is late they open before it lands. */
export function whenIntended(...names: readonly string[]): Opens {
  return (events) => (eventsOf(events, 'GD_FAULT_INTENDED').length > 0 ? names : []);
}

/** The gate `struck` opens when the job was read after its task was seen past DEACTIVATING: behind a load balancer the signal comes only then. */
export const whenSignalled: Opens = (events) => {
  const target = eventsOf(events, 'GD_TARGET_CHOSEN').at(-1)?.payload.target;
  const observed = eventsOf(events, 'GD_OBSERVED').map(({ payload }) => payload);
  const past = observed.findIndex(({ facts }) =>
    facts.some(
      (fact) =>
        fact.kind === 'task' &&
        fact.id === target?.taskArn &&
        isGoingDown(fact.value) &&
        fact.value.status !== 'DEACTIVATING',
    ),
  );
  const isRead = observed
    .slice(past + 1)
    .some(({ reads }) => reads.some(({ ok, subject }) => ok && subject.id === target?.jobId));
  return past >= 0 && isRead ? ['struck'] : [];
};

/** Only the target job's own gate opens, so that its siblings go on waiting. */
export const onlyTheStopped: Opens = (events) => {
  const target = eventsOf(events, 'GD_TARGET_CHOSEN').at(-1)?.payload.target;
  return target?.jobId != null && provenInFlight(events) ? [target.jobId] : [];
};

/** The gate of each job whose task was seen going down, and which was seen in flight after that. */
export const whenTold: Opens = (events) => {
  const observed = eventsOf(events, 'GD_OBSERVED');
  const facts = observed.flatMap(({ seq, payload }) => payload.facts.map((fact) => ({ seq, fact })));
  const downSince = (arn: string | undefined): number =>
    facts.find(({ fact }) => fact.kind === 'task' && fact.id === arn && isGoingDown(fact.value))?.seq ??
    Infinity;
  const taskOf = (agentId: string | null): string | undefined => {
    const seen = facts.findLast(({ fact }) => fact.kind === 'agent' && fact.id === agentId)?.fact;
    return seen?.kind === 'agent' ? seen.value.tags[TASK_ARN_TAG] : undefined;
  };
  const readAfter = (id: string, down: number): boolean =>
    observed.some(
      ({ seq, payload }) =>
        seq > down &&
        payload.reads.some(({ ok, subject }) => ok && subject.kind === 'job' && subject.id === id),
    );
  return jobsSeen(events)
    .filter(({ id, agentId }) => readAfter(id, downSince(taskOf(agentId))))
    .map(({ id }) => id);
};

/** Every job as the journal saw it last. */
export function jobsSeen(events: readonly DrillEvent[]): readonly Job[] {
  const jobs = new Map<string, Job>();
  for (const { payload } of eventsOf(events, 'GD_OBSERVED'))
    for (const fact of payload.facts) if (fact.kind === 'job') jobs.set(fact.id, fact.value);
  return [...jobs.values()];
}

/** Several rules at once. */
export function both(...rules: readonly Opens[]): Opens {
  return (events) => rules.flatMap((rule) => rule(events));
}
