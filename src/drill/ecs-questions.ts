import type { Ecs } from '../ecs/port.ts';
import type { Answer } from '../model/answer.ts';
import { clusterOf, type Task } from '../model/entities/task.ts';
import { assertNever } from '../model/errors.ts';
import type { RecentStops } from '../model/entities/surroundings.ts';
import { parseStopReason } from '../safety/lock.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Fact, KindFrom, Subject } from '../model/world.ts';

export type Of<K extends Subject['kind']> = { readonly kind: K; readonly id: string };

/** Facts of an answer, where there is one. */
export function mapAnswer<T>(answer: Answer<T>, of: (value: T) => readonly Fact[]): Answer<readonly Fact[]> {
  return answer.ok ? { ok: true, value: of(answer.value) } : answer;
}

/** DescribeTasks answered, and without the task. */
export function makeMissingTaskAnswer(): Answer<never> {
  return {
    ok: false,
    trouble: { kind: 'not-found', message: 'ECS does not know the task (MISSING)', retryAfter: null },
  };
}

/** A listing, and each task in it. */
function listTaskFacts(
  kind: 'tasks-of' | 'tasks-on' | 'tasks-in',
  id: string,
  { tasks, complete }: { readonly tasks: readonly Task[]; readonly complete: boolean },
): readonly Fact[] {
  return [
    { kind, id, value: { arns: tasks.map(({ arn }) => arn), complete } },
    ...tasks.map((value) => ({ kind: 'task', id: value.arn, value }) as const),
  ];
}

/** A busy service has thousands of stopped tasks an hour: of those that have ended only what a gameday stopped is kept. */
function dropOthersThatEnded({ tasks, ...rest }: RecentStops): RecentStops {
  return {
    ...rest,
    tasks: tasks.filter(({ ended, stoppedReason }) => !ended || parseStopReason(stoppedReason) !== null),
  };
}

/** Asks ECS one question. */
export async function askEcs(
  { kind, id }: Of<KindFrom<'ECS'>>,
  plan: Plan,
  ecs: Ecs,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  const { name, service, family } = plan.scenario.cluster;
  const of = { ...(service === null ? {} : { service }), ...(family === null ? {} : { family }) };
  switch (kind) {
    case 'task': {
      const answer = await ecs.tasks(clusterOf(id) ?? name, [id], signal);
      const task = answer.ok ? answer.value.find((one) => one.arn === id) : undefined;
      if (answer.ok && task === undefined) return makeMissingTaskAnswer();
      return mapAnswer(answer, () => (task === undefined ? [] : [{ kind, id, value: task }]));
    }
    case 'task-definition':
      return mapAnswer(await ecs.taskDefinition(id, signal), (value) => [{ kind, id, value }]);
    case 'service':
      return mapAnswer(await ecs.service(name, id, signal), (value) => [{ kind, id, value }]);
    case 'credentials':
      return mapAnswer(await ecs.credentials(signal), (value) => [{ kind, id, value }]);
    case 'cluster':
      return mapAnswer(await ecs.cluster(id, signal), (value) => [{ kind, id, value }]);
    case 'tasks-of': {
      const running = await ecs.tasksOf(name, of, signal);
      // Somebody else's stop may have come before the first look: what went down is then among the stopped tasks alone.
      const isTheirs = plan.mode === 'assert';
      const gone = isTheirs ? await ecs.tasksOf(name, { ...of, stopped: true }, signal) : null;
      if (gone?.ok === false) return gone;
      return mapAnswer(running, (value) => [
        ...listTaskFacts(kind, id, value),
        ...(gone?.value.tasks ?? []).map((task) => ({ kind: 'task', id: task.arn, value: task }) as const),
      ]);
    }
    case 'tasks-on':
      return mapAnswer(await ecs.tasksOn(name, id, signal), (value) => listTaskFacts(kind, id, value));
    case 'tasks-in':
      return mapAnswer(await ecs.tasksOf(name, {}, signal), ({ tasks, complete }) =>
        listTaskFacts(kind, id, { tasks: tasks.filter((task) => task.instanceArn !== null), complete }),
      );
    case 'instance':
      return mapAnswer(await ecs.instance(name, id, signal), (value) => [{ kind, id, value }]);
    case 'protection': {
      const answer = await ecs.protections(name, [id], signal);
      const value = answer.ok ? answer.value.find(({ taskArn }) => taskArn === id) : undefined;
      if (answer.ok && value === undefined) return makeMissingTaskAnswer();
      return mapAnswer(answer, () => (value === undefined ? [] : [{ kind, id, value }]));
    }
    case 'recent-stops':
      return mapAnswer(await ecs.recentStops(name, of, signal), (value) => [
        { kind, id, value: dropOthersThatEnded(value) },
      ]);
    default:
      return assertNever(kind);
  }
}
