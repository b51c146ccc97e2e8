import { z } from 'zod';
import { Agent } from './entities/agent.ts';
import { Build } from './entities/build.ts';
import { Job } from './entities/job.ts';
import {
  AgentsOfTask,
  ClockOffset,
  DrillBuild,
  Halt,
  KillSwitch,
  Ledger,
  Lock,
  PastWorkers,
  Pipeline,
  RecentStops,
  Self,
  StepHistory,
  TasksOf,
} from './entities/surroundings.ts';
import { Preflight } from './entities/preflight.ts';
import { Cluster, Instance, Protection, Service, Task, TaskDefinition } from './entities/task.ts';

/** One thing that was seen, whole, in our words. The id is what names it within its kind. */
export const Fact = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('build'), id: z.string(), value: Build }),
  z.strictObject({ kind: z.literal('job'), id: z.string(), value: Job }),
  z.strictObject({ kind: z.literal('agent'), id: z.string(), value: Agent }),
  z.strictObject({ kind: z.literal('task'), id: z.string(), value: Task }),
  z.strictObject({ kind: z.literal('task-definition'), id: z.string(), value: TaskDefinition }),
  z.strictObject({ kind: z.literal('tasks-of'), id: z.string(), value: TasksOf }),
  z.strictObject({ kind: z.literal('tasks-on'), id: z.string(), value: TasksOf }),
  z.strictObject({ kind: z.literal('instance'), id: z.string(), value: Instance }),
  z.strictObject({ kind: z.literal('protection'), id: z.string(), value: Protection }),
  z.strictObject({ kind: z.literal('service'), id: z.string(), value: Service }),
  z.strictObject({ kind: z.literal('cluster'), id: z.string(), value: Cluster }),
  z.strictObject({ kind: z.literal('pipeline'), id: z.string(), value: Pipeline }),
  z.strictObject({ kind: z.literal('agents-of-task'), id: z.string(), value: AgentsOfTask }),
  z.strictObject({ kind: z.literal('step-history'), id: z.string(), value: StepHistory }),
  z.strictObject({ kind: z.literal('past-workers'), id: z.string(), value: PastWorkers }),
  z.strictObject({ kind: z.literal('drill-build'), id: z.string(), value: DrillBuild }),
  z.strictObject({ kind: z.literal('recent-stops'), id: z.string(), value: RecentStops }),
  z.strictObject({ kind: z.literal('self'), id: z.string(), value: Self }),
  z.strictObject({ kind: z.literal('kill-switch'), id: z.string(), value: KillSwitch }),
  z.strictObject({ kind: z.literal('lock'), id: z.string(), value: Lock }),
  z.strictObject({ kind: z.literal('ledger'), id: z.string(), value: Ledger }),
  z.strictObject({ kind: z.literal('halt'), id: z.string(), value: Halt }),
  z.strictObject({ kind: z.literal('clock'), id: z.string(), value: ClockOffset }),
  z.strictObject({ kind: z.literal('preflight'), id: z.string(), value: Preflight }),
]);
export type Fact = z.infer<typeof Fact>;
export type FactKind = Fact['kind'];
type Values = { readonly [F in Fact as F['kind']]: F['value'] };
export type FactOf<K extends FactKind> = Values[K];

/** A thing that can be asked after. `job` and `agent` by UUID; `task`, by ARN; `build` by `org/pipeline/number` or UUID;
 * `step-history` by `PIPELINE/STEP`. */
export const Subject = z.strictObject({
  kind: z.enum([
    'build',
    'job',
    'agent',
    'task',
    'task-definition',
    'tasks-of',
    'tasks-on',
    'instance',
    'protection',
    'service',
    'cluster',
    'pipeline',
    'agents-of-task',
    'step-history',
    'past-workers',
    'drill-build',
    'recent-stops',
    'self',
    'kill-switch',
    'lock',
    'ledger',
    'halt',
    'clock',
    'preflight',
  ]),
  id: z.string(),
});
export type Subject = z.infer<typeof Subject>;

/** Everything seen so far: the latest fact by kind and id. */
export type World = Readonly<Record<string, Fact>>;

/** The key under which a subject's latest fact stands in the world. */
export function keyOf(subject: { readonly kind: FactKind; readonly id: string }): string {
  return `${subject.kind}:${subject.id}`;
}

/** The latest value of one subject, or undefined where it was never seen. */
export function seen<K extends FactKind>(world: World, kind: K, id: string): FactOf<K> | undefined {
  const fact = world[keyOf({ kind, id })];
  return fact?.kind === kind ? (fact.value as FactOf<K>) : undefined;
}

/** All values of one kind, in the order in which they were first seen. */
export function all<K extends FactKind>(world: World, kind: K): readonly FactOf<K>[] {
  return Object.values(world)
    .filter((fact) => fact.kind === kind)
    .map((fact) => fact.value as FactOf<K>);
}
