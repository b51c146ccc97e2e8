import { z } from 'zod';
import { namesOf } from './reasons.ts';
import type { EcsOperation, AwsOperation, FisOperation, ScalingOperation } from './call.ts';
import { Agent } from './entities/agent.ts';
import { Budget } from './entities/budget.ts';
import { Build } from './entities/build.ts';
import { CommandRun } from './entities/command.ts';
import { Counter } from './entities/counter.ts';
import { Experiment, FisOfDrill, FisTemplate, SafetyLever } from './entities/experiment.ts';
import { Job } from './entities/job.ts';
import {
  AgentsOfTask,
  BuildJobs,
  ClockOffset,
  Credentials,
  DrillBuild,
  Halt,
  KillSwitch,
  Lock,
  PastInjections,
  PastWorkers,
  Pipeline,
  RecentStops,
  Self,
  StepHistory,
  TasksOf,
  TriggeredBuilds,
} from './entities/surroundings.ts';
import { Mapping } from './entities/mapping.ts';
import { Preflight } from './entities/preflight.ts';
import { Registration, Scaling, ScalingActivities } from './entities/scaling.ts';
import { Cluster, Instance, Protection, Service, Task, TaskDefinition } from './entities/task.ts';

/** Who is asked after a kind of thing. */
export type Source =
  | 'Buildkite'
  | 'ECS'
  | 'Application Auto Scaling'
  | 'FIS'
  | 'the surroundings'
  | 'this process'
  | 'the scenario';

interface FactRow {
  readonly value: z.ZodType;
  readonly from: Source;
  /** The operations of AWS that answer it. */
  readonly rights: readonly AwsOperation[];
}

function defineBuildkiteFact<V extends z.ZodType>(value: V) {
  return { value, from: 'Buildkite', rights: [] } as const;
}

function defineEcsFact<V extends z.ZodType>(value: V, ...rights: readonly EcsOperation[]) {
  return { value, from: 'ECS', rights } as const;
}

function defineScalingFact<V extends z.ZodType>(value: V, ...rights: readonly ScalingOperation[]) {
  return { value, from: 'Application Auto Scaling', rights } as const;
}

function defineFisFact<V extends z.ZodType>(value: V, ...rights: readonly FisOperation[]) {
  return { value, from: 'FIS', rights } as const;
}

function defineSurroundingsFact<V extends z.ZodType>(value: V) {
  return { value, from: 'the surroundings', rights: [] } as const;
}

/** Every kind of thing that can be known: how its value looks, who is asked after it, and which rights that takes. The names are API. */
export const FACTS = {
  // A read of a build shows how it stands, and the jobs of the step that the drill is about; all its jobs are listed seldom.
  build: defineBuildkiteFact(Build),
  'build-jobs': defineBuildkiteFact(BuildJobs),
  job: defineBuildkiteFact(Job),
  agent: defineBuildkiteFact(Agent),
  task: defineEcsFact(Task, 'DescribeTasks'),
  'task-definition': defineEcsFact(TaskDefinition, 'DescribeTaskDefinition'),
  'tasks-of': defineEcsFact(TasksOf, 'ListTasks', 'DescribeTasks'),
  'tasks-on': defineEcsFact(TasksOf, 'ListTasks', 'DescribeTasks'),
  // Of every service and family of the cluster: only those on its container instances.
  'tasks-in': defineEcsFact(TasksOf, 'ListTasks', 'DescribeTasks'),
  instance: defineEcsFact(Instance, 'DescribeContainerInstances'),
  protection: defineEcsFact(Protection, 'GetTaskProtection'),
  service: defineEcsFact(Service, 'DescribeServices'),
  cluster: defineEcsFact(Cluster, 'DescribeClusters'),
  'scalable-target': defineScalingFact(Registration, 'DescribeScalableTargets'),
  'scaling-activities': defineScalingFact(ScalingActivities, 'DescribeScalingActivities'),
  // What is denied or out of reach is said in it: a drill that does not need it goes on without.
  scaling: defineScalingFact(
    Scaling,
    'DescribeScalableTargets',
    'DescribeScalingPolicies',
    'DescribeScheduledActions',
  ),
  // Found on this machine or by STS, without a right of ECS.
  credentials: defineEcsFact(Credentials),
  'fis-template': defineFisFact(FisTemplate, 'fis:GetExperimentTemplate'),
  experiment: defineFisFact(Experiment, 'fis:GetExperiment'),
  'fis-of-drill': defineFisFact(FisOfDrill, 'fis:ListExperimentTemplates', 'fis:ListExperiments'),
  'safety-lever': defineFisFact(SafetyLever, 'fis:GetSafetyLever'),
  pipeline: defineBuildkiteFact(Pipeline),
  'agents-of-task': defineBuildkiteFact(AgentsOfTask),
  'step-history': defineBuildkiteFact(StepHistory),
  'triggered-builds': defineBuildkiteFact(TriggeredBuilds),
  'past-workers': defineBuildkiteFact(PastWorkers),
  'drill-build': defineBuildkiteFact(DrillBuild),
  'recent-stops': defineEcsFact(RecentStops, 'ListTasks', 'DescribeTasks'),
  self: defineSurroundingsFact(Self),
  'kill-switch': defineSurroundingsFact(KillSwitch),
  lock: defineSurroundingsFact(Lock),
  /** Named as in journals of older versions. */
  ledger: defineSurroundingsFact(PastInjections),
  halt: defineSurroundingsFact(Halt),
  clock: defineSurroundingsFact(ClockOffset),
  // The user's command, which this process has started.
  command: { value: CommandRun, from: 'this process', rights: [] },
  // What a sidecar counts of its calls, where the scenario says how to read it.
  counter: { value: Counter, from: 'the scenario', rights: [] },
  // Told by the answers to other questions: it costs no request.
  budget: defineSurroundingsFact(Budget),
  // Which documents it reads depends on the scenario: its rights stand in iam/needs.ts.
  preflight: defineSurroundingsFact(Preflight),
  // Only a dry run asks it, with the rights to list and describe tasks that every injection needs.
  mapping: defineSurroundingsFact(Mapping),
} as const satisfies Record<string, FactRow>;
export type FactKind = keyof typeof FACTS;
export type FactOf<K extends FactKind> = z.infer<(typeof FACTS)[K]['value']>;

/** The kinds that one source is asked after. */
export type KindFrom<S extends Source> = {
  [K in FactKind]: (typeof FACTS)[K]['from'] extends S ? K : never;
}[FactKind];

/** One thing that was seen, whole, in our words. The id is what names it within its kind. */
export type Fact = { [K in FactKind]: { kind: K; id: string; value: FactOf<K> } }[FactKind];
export const Fact = z.discriminatedUnion(
  'kind',
  namesOf(FACTS).map(schemaOf) as [FactSchema, ...FactSchema[]],
) as unknown as z.ZodType<Fact>;

type FactSchema = ReturnType<typeof schemaOf>;

function schemaOf(kind: FactKind) {
  return z.strictObject({ kind: z.literal(kind), id: z.string(), value: FACTS[kind].value });
}

/** A thing that can be asked after. `job` and `agent` by UUID; `task`, by ARN; `build` by `org/pipeline/number` or UUID; `build-jobs` by UUID;
 * `step-history` by `PIPELINE/STEP`, `triggered-builds` by the UUID of the build whose steps started them. */
export const Subject = z.strictObject({ kind: z.enum(namesOf(FACTS)), id: z.string() });
export type Subject = z.infer<typeof Subject>;

/** Everything seen so far: the latest fact by kind and id. */
export type World = Readonly<Record<string, Fact>>;

/** The key under which a subject's latest fact stands in the world. */
export function keyOf(subject: { readonly kind: FactKind; readonly id: string }): string {
  return `${subject.kind}:${subject.id}`;
}

/** The latest value of one subject, or undefined where it was never seen. */
export function findFact<K extends FactKind>(world: World, kind: K, id: string): FactOf<K> | undefined {
  const fact = world[keyOf({ kind, id })];
  return fact?.kind === kind ? (fact.value as FactOf<K>) : undefined;
}

/** All values of one kind, in the order in which they were first seen. */
export function listFacts<K extends FactKind>(world: World, kind: K): readonly FactOf<K>[] {
  return Object.values(world)
    .filter((fact) => fact.kind === kind)
    .map((fact) => fact.value as FactOf<K>);
}
