import type { EventEmitter } from 'node:events';
import type { BuildkiteKnobs } from './knobs.ts';
import type { CommandStep, Permutation, RetryRule, Step, TriggerStep } from './steps.ts';

/** The build states that the rig can show. */
export type BuildState =
  | 'SCHEDULED'
  | 'RUNNING'
  | 'FAILING'
  | 'PASSED'
  | 'FAILED'
  | 'BLOCKED'
  | 'CANCELING'
  | 'CANCELED'
  | 'SKIPPED';

/** The job states that the rig can show. */
export type JobState =
  | 'WAITING'
  | 'WAITING_FAILED'
  | 'BLOCKED'
  | 'BLOCKED_FAILED'
  | 'UNBLOCKED'
  | 'LIMITED'
  | 'SCHEDULED'
  | 'ASSIGNED'
  | 'ACCEPTED'
  | 'RUNNING'
  | 'FINISHED'
  | 'CANCELING'
  | 'CANCELED'
  | 'TIMING_OUT'
  | 'TIMED_OUT'
  | 'BROKEN'
  | 'SKIPPED';

/** The states of an agent's connection, as REST spells them. */
export type ConnectionState =
  'never_connected' | 'connected' | 'disconnected' | 'stopping' | 'stopped' | 'lost';

/** Somebody with an account. */
export interface User {
  readonly uuid: string;
  readonly name: string;
  readonly email: string;
}

/** Who did what a job event tells. */
export type Actor =
  | { readonly type: 'AGENT'; readonly agent: Agent }
  | { readonly type: 'USER'; readonly user: User }
  | { readonly type: 'DISPATCH' | 'SYSTEM' };

/** How a job's process ended, as the agent (or the server for it) reported. */
export interface Exit {
  readonly exitStatus: string;
  readonly signal: string | null;
  readonly signalReason: string | null;
}

/** One line of a job's history; `typename` is its concrete GraphQL type. */
export interface JobEvent {
  readonly uuid: string;
  readonly at: number;
  readonly type: string;
  readonly typename: string;
  readonly actor: Actor;
  readonly exit?: Exit;
  readonly assignedAgent?: Agent;
  readonly automaticRule?: RetryRule;
  readonly retriedInJob?: Job;
}

/** A piece of a job's log, still gzipped. */
export interface Chunk {
  readonly sequence: number;
  readonly body: Buffer;
}

/** An annotation on a build. */
export interface Annotation {
  readonly uuid: string;
  readonly context: string;
  readonly createdAt: number;
  updatedAt: number;
  body: string;
  style: string;
  priority: number;
  readonly scope: 'BUILD' | 'JOB';
}

/** A file that a job announced; its content is kept apart. */
export interface Artifact {
  readonly uuid: string;
  /** The request that announced it. */
  readonly batch: string;
  readonly job: Job;
  readonly path: string;
  readonly absolutePath: string;
  readonly globPath: string;
  readonly size: number;
  readonly sha1: string;
  readonly sha256: string;
  readonly createdAt: number;
  /** `new`, then as the agent says: `finished` or `error`. */
  state: string;
}

/** One agent, from registration to its end. */
export interface Agent {
  readonly uuid: string;
  readonly name: string;
  readonly hostname: string;
  readonly pid: string;
  readonly version: string;
  readonly userAgent: string;
  readonly tags: readonly string[];
  /** Null where it registered with none. */
  readonly priority: number | null;
  readonly token: string;
  createdAt: number;
  /** How far its host's clock is ahead of the real time, in milliseconds. */
  readonly hostClockMs: number;
  state: ConnectionState;
  connectedAt: number | null;
  heartbeatAt: number | null;
  /** Real time of the connection or of the last heartbeat: a clock knob must not move loss detection. */
  lastHeartbeat: number;
  /** Its heartbeats are dropped on their way (verb cut-heartbeats). */
  heartbeatsCut: boolean;
  /** Its heartbeats are answered with 404, and all else goes on (verb refuse-heartbeats). */
  heartbeatsRefused: boolean;
  /** It was given up, but its session still holds (verb agent-lost-and-returned). */
  returns: boolean;
  disconnectedAt: number | null;
  lostAt: number | null;
  stoppedGracefullyAt: number | null;
  stoppedGracefullyBy: User | null;
  stopForcedAt: number | null;
  stopForcedBy: User | null;
  stopAsked: boolean;
  ignoreInDispatches: boolean;
  idleSince: number;
  /** Real time at which it last finished a job that passed. */
  lastSuccessAt: number | null;
  job: Job | null;
  readonly jobs: Job[];
}

/** One attempt at a step (or a wait or a block). */
export interface Job {
  readonly uuid: string;
  readonly build: Build;
  readonly step: Step;
  readonly stepUuid: string;
  readonly command: string | null;
  readonly label: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly matrix: Permutation | null;
  /** The agents that it may run on. */
  readonly rules: readonly string[];
  /** The build that a trigger step started. */
  triggered: Build | null;
  readonly parallelIndex: number | null;
  readonly parallelTotal: number | null;
  readonly token: string;
  createdAt: number;
  readonly queuedAs: number;
  state: JobState;
  agent: Agent | null;
  assignedAt: number | null;
  scheduledAt: number | null;
  runnableAt: number | null;
  startedAt: string | null;
  finishedAt: string | null;
  canceledAt: number | null;
  timeout: NodeJS.Timeout | null;
  exit: Exit | null;
  passed: boolean;
  softFailed: boolean;
  retried: boolean;
  retriedBy: User | null;
  readonly retriesCount: number;
  readonly retrySource: Job | null;
  readonly retryType: 'AUTOMATIC' | 'MANUAL' | null;
  /** How often each automatic rule was used in this chain of attempts: each rule has a limit of its own. */
  readonly ruleUses: readonly number[];
  unblockedAt: number | null;
  unblockedBy: User | null;
  readonly events: JobEvent[];
  readonly chunks: Chunk[];
}

/** A job whose step runs a command. */
export type CommandJob = Job & { readonly step: CommandStep; readonly command: string };

/** One build. */
export interface Build {
  readonly uuid: string;
  readonly number: number;
  readonly pipeline: Pipeline;
  readonly branch: string;
  readonly commit: string;
  readonly message: string;
  readonly env: Readonly<Record<string, string>>;
  readonly author: { readonly name: string; readonly email: string } | null;
  readonly createdBy: User;
  readonly createdAt: number;
  readonly source: 'api' | 'ui' | 'trigger_job';
  /** The job of a trigger step that started it. */
  readonly triggeredFrom: Job | null;
  readonly rebuiltFrom: Build | null;
  readonly metaData: Map<string, string>;
  readonly annotations: Annotation[];
  readonly artifacts: Artifact[];
  readonly steps: { readonly step: Step; readonly uuid: string }[];
  readonly jobs: Job[];
  state: BuildState;
  blockedState: 'FAILED' | 'PASSED' | 'RUNNING' | null;
  startedAt: number | null;
  failingAt: number | null;
  finishedAt: number | null;
  canceledAt: number | null;
  canceledBy: User | null;
  cancelReason: string | null;
}

/** One pipeline of the organization. */
export interface Pipeline {
  readonly uuid: string;
  readonly slug: string;
  readonly steps: readonly Step[];
  readonly yaml: string;
  readonly createdAt: number;
  readonly defaultBranch: string;
  readonly cancelIntermediateBuilds: boolean;
  readonly skipIntermediateBuilds: boolean;
  readonly builds: Build[];
}

/** Everything this half of the rig knows. */
export interface World {
  readonly organization: { readonly uuid: string; readonly slug: string };
  readonly pipelines: readonly Pipeline[];
  readonly agents: Map<string, Agent>;
  /** The same by their session tokens: each call of an agent has one. */
  readonly sessions: Map<string, Agent>;
  readonly jobs: Map<string, Job>;
  readonly builds: Map<string, Build>;
  readonly users: { readonly operator: User; readonly colleague: User };
  /** How far the clock of each host is ahead, by its task's ARN or its only agent's id; milliseconds. */
  readonly hostClocks: Map<string, number>;
  readonly knobs: BuildkiteKnobs;
  readonly lostAfterMs: number;
  readonly events: EventEmitter;
  readonly apiToken: string;
  /** Buildkite secrets by name, which is in capitals. */
  readonly secrets: ReadonlyMap<string, { readonly uuid: string; readonly value: string }>;
  /** Signs the tokens by which jobs show who they are. */
  readonly issuer: {
    readonly keys: () => object;
    readonly issue: (world: World, job: Job, audience?: string, lifetimeS?: number) => string;
  };
  readonly agentToken: string;
  /** Starts the build of a trigger step's job. */
  readonly startTriggered: (world: World, job: Job & { readonly step: TriggerStep }) => Build | null;
  url: string;
  nextInQueue: number;
}

/** Buildkite's clock, in epoch milliseconds. */
export function serverNow(world: World): number {
  return Date.now() + world.knobs.clockOffsetMs;
}

/** Tells the rest of the rig, on the machine's own clock. */
export function tell(world: World, event: string, facts: Readonly<Record<string, unknown>>): void {
  world.events.emit('event', { at: Date.now(), event, ...facts });
}

/** The ECS task that an agent says it runs in. */
export function taskArnOf(agent: Pick<Agent, 'tags'>): string | undefined {
  return agent.tags.find((tag) => tag.startsWith('ecs:task-arn='))?.slice('ecs:task-arn='.length);
}

/** Whether a job starts a build of another pipeline. */
export function isTrigger(job: Job): job is Job & { readonly step: TriggerStep } {
  return job.step.kind === 'trigger';
}

/** Whether a job is one that an agent can run. */
export function isCommand(job: Job): job is CommandJob {
  return job.step.kind === 'command';
}
