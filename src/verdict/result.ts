import { z } from 'zod';
import { InputError } from '../scenario/problem.ts';
import { Explanation } from '../model/cause.ts';
import { Counter } from '../model/entities/counter.ts';
import { CommandRun } from '../model/entities/command.ts';
import { Finding, GuardAnswer, HeardProof, InFlightProof, Target } from '../journal/events.ts';
import { RigFacts } from '../scenario/plan.ts';
import { Deadline, Lane } from '../model/lane.ts';
import { OutcomeName, Reason } from '../model/reason-schemas.ts';
import { Moment } from './moment.ts';
import { SETTING } from './setting.ts';

/** One attempt that was judged or followed, as it stood at the end. */
export const AttemptLine = z.strictObject({
  jobId: z.string(),
  step: z.string().nullable(),
  /** 1 for the first attempt of its step, 2 for its retry ... */
  attempt: z.number().int(),
  judged: z.boolean(),
  state: z.string(),
  passed: z.boolean(),
  exitStatus: z.string().nullable(),
  lost: z.boolean(),
  agent: z.string().nullable(),
  taskArn: z.string().nullable(),
});
export type AttemptLine = z.infer<typeof AttemptLine>;

/** How one of the drill's own builds ended. */
export const BuildLine = z.strictObject({
  url: z.string(),
  number: z.number().int(),
  state: z.string(),
  /** How many of its jobs were in flight on a task that was stopped. */
  hit: z.number().int(),
  /** Of these: those that were finished by a worker that drained. */
  drained: z.number().int(),
  /** Of these: those that were lost, and the build was not green. */
  lost: z.number().int(),
  /** Of these: those that were lost, and something made the build green. */
  masked: z.number().int(),
  /** It was hit and is not passed, because of a job that was not finished where it was hit. */
  killed: z.boolean(),
});
export type BuildLine = z.infer<typeof BuildLine>;

/** Times in ms from the first stop signal on, if every container takes all the time that it may. */
export const StopWindow = z.strictObject({
  /** To the last SIGKILL. */
  ms: z.number().int(),
  /** The containers that are stopped one after another, where that takes longest: the reverse of `dependsOn`. */
  chain: z.array(
    z.strictObject({
      container: z.string(),
      ms: z.number().int(),
      /** `default`: the definition names none; `platform`: the platform gives more or less than it names. */
      by: z.enum(['definition', 'default', 'platform']),
    }),
  ),
  /** When the agent's container is signalled at the latest, and when it is killed. */
  agent: z.strictObject({ signalled: z.number().int(), killed: z.number().int() }).nullable(),
  /** When the capacity itself is taken: two minutes on spot. */
  limit: z.number().int().nullable(),
  /** Containers that this limit can cut short. */
  cut: z.array(z.string()),
});

/** The result of one drill: the content of `result.json`. */
export const DrillResult = z.strictObject({
  version: z.literal(1),
  drill: z.string(),
  file: z.string(),
  title: z.string(),
  ...SETTING,
  /** `rig` where everything was a stand-in, else null. */
  label: z.string().nullable(),
  outcome: OutcomeName,
  reason: Reason,
  exitCode: z.number().int(),
  said: z.string(),
  /** Why it failed, the surest cause first; null where there is nothing to explain. */
  cause: Explanation.nullable(),
  next: z.string(),
  notes: z.array(z.string()),
  /** `proven`, `none` (nothing injected), `not proven`. */
  injection: z.enum(['proven', 'none', 'not proven']),
  /** How the two things that a pass rests on were proven; null where they were not, or not asked. */
  proof: z.strictObject({ inFlight: InFlightProof.nullable(), heard: HeardProof.nullable() }),
  fault: z.string(),
  build: z.strictObject({ number: z.number().int(), url: z.string(), state: z.string() }).nullable(),
  /** Every build of the drill's own, in the order of their creation; `build` is the one whose job was aimed at. */
  builds: z.array(BuildLine),
  target: Target.nullable(),
  agent: z.strictObject({ name: z.string(), version: z.string().nullable() }).nullable(),
  attempts: z.array(AttemptLine),
  /** Milliseconds from the stop to the agent's disconnect, and what it was measured from. */
  drain: z.strictObject({ ms: z.number().int(), atMost: z.number().int(), by: z.string() }).nullable(),
  /** How long the target's stop can take at most, by its task definition; null where that was not read. */
  stopWindow: StopWindow.nullable(),
  /** What the counters of the target's sidecars showed (expect.containers, flushed). */
  sidecars: z.array(
    z.strictObject({
      container: z.string(),
      /** At the last read before the stop, and at the last one after the end of the task; null where there was none. */
      before: Counter.nullable(),
      after: Counter.nullable(),
      /** Calls that were begun and never finished; null where that is not proven either way. */
      halfFinished: z.number().int().nullable(),
      /** Whether the job passed in spite of them. */
      hidden: z.boolean(),
    }),
  ),
  /** The numbers of a fault that stops several tasks; null for a fault that stops one. */
  fleet: z
    .strictObject({
      /** The drill's own builds that had a job in flight on a task that was stopped, and those that did not survive it. */
      buildsHit: z.number().int(),
      buildsKilled: z.number().int(),
      tasksHit: z.number().int(),
      /** Jobs that were in flight when their task was stopped. */
      jobsHit: z.number().int(),
      drained: z.number().int(),
      lost: z.number().int(),
      /** Jobs that were lost and whose build is green all the same. */
      masked: z.number().int(),
      /** Milliseconds of the longest drain; null where none was measured. */
      longestDrain: z.number().int().nullable(),
      /** Milliseconds from our call to the last look of the drill at a service that was steady again; null where it was not. */
      rollout: z.number().int().nullable(),
    })
    .nullable(),
  /** The experiment of AWS FIS that was started; absent for other faults. */
  experiment: z
    .strictObject({
      template: z.string(),
      id: z.string().nullable(),
      /** In FIS's words; null where it never showed the experiment. */
      status: z.string().nullable(),
      reason: z.string().nullable(),
    })
    .optional(),
  /** The user's command; null for any other fault. */
  command: z
    .strictObject({
      words: z.array(z.string()),
      /** As the command was seen last; `refused`: it could not be started. */
      state: z.enum([...CommandRun.shape.state.options, 'refused']),
      exitCode: z.number().int().nullable(),
      signal: z.string().nullable(),
      endedBy: CommandRun.shape.endedBy,
      leftProcesses: z.boolean(),
      /** Milliseconds from its start to its end. */
      ms: z.number().int().nullable(),
      /** Task definition of the service before it, `family:revision`. */
      formerDefinition: z.string().nullable(),
      /** Deployments that were first seen after its start. */
      deployments: z.array(
        z.strictObject({
          id: z.string(),
          definition: z.string().nullable(),
          rolloutState: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
  /** What the drill spent of Buildkite's GraphQL points, and the fewest that any answer left (null: none named it); null where it asked nothing. */
  budget: z
    .strictObject({
      points: z.number().int(),
      requests: z.number().int(),
      lowest: z.strictObject({
        user: z.number().int().nullable(),
        organization: z.number().int().nullable(),
      }),
    })
    .nullable(),
  guards: z.array(GuardAnswer),
  findings: z.array(Finding),
  timeline: z.array(Moment),
  /** The same times by who went through them, for the stop that decided: spans and marks, milliseconds since the first moment. */
  lanes: z.array(Lane),
  deadlines: z.array(Deadline),
  rig: RigFacts.nullable(),
  /** A negative control. Neither met nor contradicted: the drill proved nothing about it. */
  control: z
    .strictObject({
      expected: z.string(),
      met: z.boolean(),
      /** The drill proved that it ended otherwise. */
      contradicted: z.boolean(),
    })
    .nullable(),
  /** What a dry run would have touched. */
  touches: z.array(z.string()),
  /** Commands that go on from here: resume, abort. */
  commands: z.array(z.string()),
  journal: z.string().nullable(),
});
export type DrillResult = z.infer<typeof DrillResult>;

/** How idle or busy workers of an arm left: only one that drained has a time, milliseconds. */
const StudyDrains = z.strictObject({
  drills: z.number().int(),
  drained: z.number().int(),
  median: z.number().int().nullable(),
  longest: z.number().int().nullable(),
});

/** What `gameday study` measured over one arm, from drills whose stop is proven to have landed. */
export const StudyArm = z.strictObject({
  arm: z.string(),
  /** How many drills were run. */
  drills: z.number().int(),
  /** Jobs in flight on tasks that were stopped, and those of them that were lost, masked losses included. */
  jobsHit: z.number().int(),
  jobsLost: z.number().int(),
  idle: StudyDrains,
  busy: StudyDrains,
  /** One entry a deployment; `rollout` in milliseconds, null where it was not seen to be complete. */
  deployments: z.array(
    z.strictObject({
      buildsHit: z.number().int(),
      buildsKilled: z.number().int(),
      rollout: z.number().int().nullable(),
    }),
  ),
  /** Milliseconds between signal and SIGKILL of the agent's container, each value once. */
  stopTimeouts: z.array(z.number().int()),
  /** Drills that are not in the numbers, and how they ended. */
  uncounted: z.array(z.string()),
});
export type StudyArm = z.infer<typeof StudyArm>;

/** What `gameday merge` made one result of. */
export const Merge = z.strictObject({
  /** How many shards there must be. */
  shards: z.number().int(),
  /** Every attempt of every shard, the retried ones too. */
  attempts: z.array(
    z.strictObject({
      shard: z.number().int(),
      file: z.string(),
      /** 0 for the first. */
      attempt: z.number().int(),
      job: z.string(),
      /** Null where it ran no drill. */
      drill: z.string().nullable(),
      outcome: z.string(),
      /** False where it injected nothing and a later attempt took its place. */
      counts: z.boolean(),
    }),
  ),
  /** What is missing, doubled, cut or changed: with any of these the whole is at best inconclusive. */
  problems: z.array(z.string()),
});
export type Merge = z.infer<typeof Merge>;

/** The reason of a game day: one of a drill's, or whether its negative control was met. */
export const GameDayReason = z.enum([...Reason.options, 'control-met', 'control-not-met']);
export type GameDayReason = z.infer<typeof GameDayReason>;

/** The one document of `--json`: a game day's whole answer; the exit code is its projection. */
export const GameDayDocument = z.strictObject({
  version: z.literal(1),
  outcome: OutcomeName,
  reason: GameDayReason,
  exitCode: z.number().int(),
  counts: z.record(z.string(), z.number().int()),
  errors: z.array(InputError),
  drills: z.array(DrillResult),
  /** Of `gameday study` alone. */
  study: z.array(StudyArm).optional(),
  /** Of `gameday merge` alone. */
  merge: Merge.optional(),
});
export type GameDayDocument = z.infer<typeof GameDayDocument>;

/** The JSON Schema of the document that `--json` prints; `result.json` holds one entry of its `drills`. */
export function resultJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    title: 'gameday result',
    ...z.toJSONSchema(GameDayDocument, { io: 'output', target: 'draft-2020-12' }),
  };
}
