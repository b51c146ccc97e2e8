import { z } from 'zod';
import { EcsInstant, Instant } from '../instants.ts';

/** One pipeline, as far as a drill must know it. */
export const Pipeline = z.strictObject({
  nodeId: z.string(),
  slug: z.string(),
  url: z.string(),
  cancelIntermediateBuilds: z.boolean(),
  cancelIntermediateFilter: z.string().nullable(),
  skipIntermediateBuilds: z.boolean(),
  skipIntermediateFilter: z.string().nullable(),
  /** The branch that was asked for; without one, the pipeline's default branch. */
  branch: z.string(),
  /** The pipeline's own; missing in journals of older versions. */
  defaultBranch: z.string().optional(),
  /** Step keys where the steps' YAML could be read; null where it cannot be known (dynamic pipelines). */
  stepKeys: z.array(z.string()).nullable(),
  /** Labels as they are written there, before `%n`, `{{matrix}}` and variables are filled in. */
  stepLabels: z.array(z.string()),
  /** Pipelines that its trigger steps start builds of, each with the branch as the step has it; null: that pipeline's default branch. */
  triggers: z.array(z.strictObject({ pipeline: z.string(), branch: z.string().nullable() })).default([]),
  /** Whether the steps upload further steps, so that a missing key proves nothing. */
  dynamic: z.boolean(),
  /** Builds of that branch that are scheduled or running: number and, if ours, the drill id. */
  openBuilds: z.array(
    z.strictObject({ number: z.number().int(), url: z.string(), drill: z.string().nullable() }),
  ),
});
export type Pipeline = z.infer<typeof Pipeline>;

/** Our AWS credentials: when they expire (null: they say no end), and whether others can be fetched then without a person who sets them. */
export const Credentials = z.strictObject({ expiresAt: Instant.nullable(), renewable: z.boolean() });
export type Credentials = z.infer<typeof Credentials>;

/** Whom AWS takes our credentials for. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string;
  /** Of a user, a role's session, or the account itself. */
  readonly arn: string;
}

/** Who a caller is, by the resource of its ARN (IAM User Guide, IAM identifiers). */
export function describeCaller(arn: string): string {
  const [kind = '', ...path] = arn.split(':').slice(5).join(':').split('/');
  const last = path.at(-1) ?? '';
  if (kind === 'assumed-role') return `role ${path[0] ?? ''} (session ${last})`;
  if (kind === 'root') return 'the root user';
  return kind === 'user' || kind === 'federated-user' ? `${kind.replace('-', ' ')} ${last}` : arn;
}

/** What the runner itself runs on. `unresolved` says why it could not be told. */
export const Self = z.strictObject({
  taskArn: z.string().nullable(),
  agentId: z.string().nullable(),
  jobId: z.string().nullable(),
  buildId: z.string().nullable(),
  triggeringBuildId: z.string().nullable(),
  unresolved: z.string().nullable(),
});
export type Self = z.infer<typeof Self>;

/** The kill switch's files and variables: `thrown` says which one is on. */
export const KillSwitch = z.strictObject({ thrown: z.string().nullable() });
export type KillSwitch = z.infer<typeof KillSwitch>;

/** The lock of this cluster and service: in the state directory, and in a store where machines share one. */
export const Lock = z.strictObject({
  key: z.string(),
  ours: z.boolean(),
  heldBy: z.string().nullable(),
  since: Instant.nullable(),
  /** The store that machines share it in; missing: it is this machine's alone. */
  where: z.string().optional(),
});
export type Lock = z.infer<typeof Lock>;

/** Past injections at this cluster and service, as the state directory has them. */
export const PastInjections = z.strictObject({
  injections: z.array(z.strictObject({ drill: z.string(), taskArn: z.string(), at: Instant })),
});
export type PastInjections = z.infer<typeof PastInjections>;

/** Tasks of the service or family that are down or going down, as ECS still shows them (about an hour). */
export const RecentStops = z.strictObject({
  tasks: z.array(
    z.strictObject({
      arn: z.string(),
      stoppedReason: z.string().nullable(),
      stoppingAt: EcsInstant.nullable(),
      ended: z.boolean(),
    }),
  ),
  /** Whether the list is whole; where it is missing (journals of older versions) it is. */
  complete: z.boolean().optional(),
});
export type RecentStops = z.infer<typeof RecentStops>;

/** What a condition that the scenario names said when it was read. */
export const Halt = z.strictObject({ name: z.string(), halted: z.boolean(), said: z.string() });
export type Halt = z.infer<typeof Halt>;

/** Agents that carry one task's ARN, or live on its host where the scenario maps by host name: their UUIDs. Lost and long-gone ones are not listed by Buildkite. */
export const AgentsOfTask = z.strictObject({
  taskArn: z.string(),
  agents: z.array(z.string()),
  complete: z.boolean(),
});
export type AgentsOfTask = z.infer<typeof AgentsOfTask>;

/** ARNs of the tasks of the scenario's service or family that ECS wants to run; not `complete`: there may be more. */
export const TasksOf = z.strictObject({ arns: z.array(z.string()), complete: z.boolean() });
export type TasksOf = z.infer<typeof TasksOf>;

/** How long the last jobs of one step took that passed: milliseconds from start to finish, newest first; every attempt counts once. */
export const StepHistory = z.strictObject({ durations: z.array(z.number().int().nonnegative()) });
export type StepHistory = z.infer<typeof StepHistory>;

/** UUIDs of the builds that the trigger steps of one build have started. */
export const TriggeredBuilds = z.strictObject({ builds: z.array(z.string()) });
export type TriggeredBuilds = z.infer<typeof TriggeredBuilds>;

/** The build that carries this drill's meta-data: its UUID, or null where there is none. */
export const DrillBuild = z.strictObject({ build: z.string().nullable() });
export type DrillBuild = z.infer<typeof DrillBuild>;

/** A listing of all command jobs of a build; not `complete`: there may be more. The jobs themselves are facts of their own. */
export const BuildJobs = z.strictObject({ listed: z.number().int(), complete: z.boolean() });
export type BuildJobs = z.infer<typeof BuildJobs>;

/** How far a server's clock is ahead of ours, from its `Date` header (whole seconds): `offset` within ± `uncertainty` ms. */
export const ClockOffset = z.strictObject({ offset: z.number(), uncertainty: z.number() });
export type ClockOffset = z.infer<typeof ClockOffset>;

/** Agents that had the latest jobs of a pipeline, the latest first. */
export const PastWorkers = z.strictObject({ agents: z.array(z.string()) });
export type PastWorkers = z.infer<typeof PastWorkers>;
