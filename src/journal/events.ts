import { z } from 'zod';
import { Call } from '../model/call.ts';
import { Trouble } from '../model/answer.ts';
import { Instant } from '../model/instants.ts';
import { Task } from '../model/entities/task.ts';
import { Destination, Told } from '../model/entities/notice.ts';
import { CheckName, GuardName } from '../model/names.ts';
import { Plan } from '../scenario/plan.ts';
import { OutcomeName, Reason, Stage } from '../model/reason-schemas.ts';
import { Fact, Subject } from '../model/world.ts';
import { Explanation } from '../model/cause.ts';

/** One guard's answer: it holds, it refuses with its reason, or it waits. A guard that lacks what it must know refuses. */
export const GuardAnswer = z.strictObject({
  guard: GuardName,
  holds: z.boolean(),
  /** Present where the rule does not hold yet and may come to hold by itself: the drill waits inside when.startWithin. */
  waits: z.literal(true).optional(),
  /** Why it refuses, or will if it waits in vain; null where it holds. */
  reason: Reason.nullable(),
  said: z.string(),
});
export type GuardAnswer = z.infer<typeof GuardAnswer>;

/** What is stopped, and why it is this one. */
export const Target = z.strictObject({
  /** Null where a worker without a job is stopped. */
  jobId: z.string().nullable(),
  agentId: z.string(),
  taskArn: z.string(),
  /** Name of the agent's container in the task definition. */
  container: z.string(),
  /** How the container was found: `named`, `tag` or `only-essential`. */
  containerBy: z.enum(['named', 'tag', 'only-essential']),
  why: z.string(),
});
export type Target = z.infer<typeof Target>;

/** One read: what was asked, when it was sent and answered by the runner's clock, and how it ended. */
export const Read = z.strictObject({
  subject: Subject,
  sentAt: Instant,
  answeredAt: Instant,
  ok: z.boolean(),
  error: Trouble.nullable(),
});
export type Read = z.infer<typeof Read>;

/** How the injection was proven to land in flight: by Buildkite's clock alone, by a read after the signal, by several clocks, by a loss that came later. */
export const InFlightProof = z.enum(['one-clock', 'read', 'clocks', 'loss']);
/** How an agent was proven to have heard the stop: its report, a witness, what the container starts, how that ended, an idle agent's leaving at once. */
export const HeardProof = z.enum(['report', 'witness', 'entry-point', 'exit-code', 'disconnect']);
export type Proof = z.infer<typeof InFlightProof> | z.infer<typeof HeardProof>;

/** One check's answer and the event numbers it rests on. */
export const Finding = z.strictObject({
  check: CheckName,
  /** `yes` and `no` are proven; `unknown` lacks evidence; `unasked` does not apply to this drill. */
  holds: z.enum(['yes', 'no', 'unknown', 'unasked']),
  /** The reason that it raises, if any. */
  raises: Reason.nullable(),
  said: z.string(),
  notes: z.array(z.string()),
  events: z.array(z.number().int()),
  /** What was measured against which limit, milliseconds, where the check is of a time. */
  measured: z.array(z.strictObject({ ms: z.number().int(), limit: z.number().int() })).optional(),
  /** How it was proven, where there are several ways. */
  proof: z.union([InFlightProof, HeardProof]).optional(),
});
export type Finding = z.infer<typeof Finding>;

/** All findings together, and what decides. */
export const Verdict = z.strictObject({
  outcome: OutcomeName,
  reason: Reason,
  stage: Stage,
  said: z.string(),
  /** Why it failed; null where there is nothing to explain. */
  cause: Explanation.nullable(),
  next: z.string(),
  findings: z.array(Finding),
  notes: z.array(z.string()),
});
export type Verdict = z.infer<typeof Verdict>;

const Sent = {
  sentAt: Instant,
  answeredAt: Instant,
  result: z.enum(['ok', 'refused', 'unknown']),
  trouble: Trouble.nullable(),
};

/** The table of event codes: text for people and schema of the payload. The reference page is generated from it. */
export const EVENTS = {
  GD_DRILL_PLANNED: {
    text: 'The drill was planned; nothing is contacted yet. Holds the whole scenario.',
    payload: z.strictObject({ plan: Plan }),
  },
  GD_RESUMED: {
    text: 'Another process took the drill up.',
    /** `after`: how many events the earlier process had written; `how`: present where it is to be settled and not to go on. */
    payload: z.strictObject({
      runner: z.string(),
      after: z.number().int(),
      how: z.literal('abort').optional(),
    }),
  },
  GD_OBSERVED: {
    text: 'Services were read: which reads, how they ended, and every fact that changed, complete.',
    payload: z.strictObject({ reads: z.array(Read), facts: z.array(Fact) }),
  },
  GD_GUARDS_ANSWERED: {
    text: 'Every guard gave its answer, at the gate or at the last instant.',
    payload: z.strictObject({ at: z.enum(['gate', 'last-instant']), answers: z.array(GuardAnswer) }),
  },
  GD_BUILD_INTENDED: {
    text: 'The build is about to be created.',
    payload: z.strictObject({ call: Call }),
  },
  GD_BUILD_SENT: {
    text: 'The call that creates the build was sent.',
    payload: z.strictObject({ ...Sent, buildId: z.string().nullable() }),
  },
  GD_BUILD_KNOWN: {
    text: "The drill's build is known: created, found by its meta-data, named by the scenario, or started by a trigger step of one that is.",
    payload: z.strictObject({
      buildId: z.string(),
      by: z.enum(['created', 'meta-data', 'named', 'triggered']),
    }),
  },
  GD_ARMED: {
    text: 'The drill has no build: it waits for a worker without a job.',
    payload: z.strictObject({}),
  },
  GD_TARGET_CHOSEN: {
    text: 'The trigger fired and yielded its target.',
    payload: z.strictObject({ target: Target, attempt: z.number().int() }),
  },
  GD_TARGET_REVERIFIED: {
    text: 'Everything was read again at the last instant, and the target is unchanged.',
    payload: z.strictObject({ target: Target }),
  },
  GD_TARGET_DROPPED: {
    text: 'The target was gone before anything was sent; the drill chooses another one.',
    payload: z.strictObject({ said: z.string() }),
  },
  GD_INJECTION_HELD: {
    text: 'A guard waits, before the build is started or after the trigger fired: nothing is sent until its rule holds.',
    payload: z.strictObject({ guard: GuardName, reason: Reason, said: z.string() }),
  },
  GD_CONFIRMED: {
    text: 'A person was asked, or had given --yes.',
    payload: z.strictObject({
      answer: z.enum(['yes', 'no', 'beforehand', 'rig', 'nobody']),
      shown: z.string(),
    }),
  },
  GD_NOTICE_INTENDED: {
    text: 'People are about to be told of the injection or of the end.',
    payload: z.strictObject({ id: z.string(), to: z.array(Destination) }),
  },
  GD_NOTIFIED: {
    text: 'People were told, or could not be: what happened to the notice at each destination.',
    payload: z.strictObject({ id: z.string(), told: z.array(Told) }),
  },
  GD_FAULT_INTENDED: {
    text: 'The fault is about to be injected.',
    payload: z.strictObject({ call: Call, attempt: z.number().int() }),
  },
  GD_FAULT_SENT: {
    text: 'The call that injects the fault was sent.',
    payload: z.strictObject({ ...Sent, attempt: z.number().int(), task: Task.nullable() }),
  },
  GD_FAULT_LANDED: {
    text: 'The stop is proven to have landed; or, where the worker is to be spared, the change to be in force.',
    payload: z.strictObject({
      taskArn: z.string(),
      by: z.enum(['answer', 'observation', 'in-force']),
      said: z.string(),
    }),
  },
  GD_WATCH_BEGUN: {
    text: 'Nothing is injected (a baseline, or `gameday assert`): the drill watches the build, or the idle worker, until it ends.',
    /** The worker that is watched, where there is no build. */
    payload: z.strictObject({ said: z.string(), target: Target.nullable() }),
  },
  GD_WATCH_ENDED: {
    text: 'Nothing more can change the outcome, or the time ran out.',
    payload: z.strictObject({ why: z.enum(['settled', 'deadline', 'gap']), said: z.string() }),
  },
  GD_UNDO_BEGUN: {
    text: 'A signal came while the service is marked: what the drill changed is put back before it ends.',
    /** `within`: milliseconds that this may take. */
    payload: z.strictObject({ signal: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP']), within: z.number().int() }),
  },
  GD_UNDO_INTENDED: {
    text: 'What the drill started is about to be undone or canceled.',
    payload: z.strictObject({ call: Call }),
  },
  GD_UNDO_SENT: {
    text: 'The undoing call was sent.',
    payload: z.strictObject({ ...Sent }),
  },
  GD_HALTED: {
    text: 'The drill goes no further: refused, could not run, or proves nothing; nothing more is injected.',
    payload: z.strictObject({ reason: Reason, said: z.string() }),
  },
  GD_INTERRUPTED: {
    text: 'A signal ended the run; the journal is closed and the drill can be resumed.',
    payload: z.strictObject({ signal: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP']) }),
  },
  GD_SETTLED: {
    text: 'Nothing of the drill is left that it can undo; what is left as it is is named.',
    payload: z.strictObject({ left: z.array(z.string()) }),
  },
  GD_JUDGED: {
    text: 'The verdict.',
    payload: z.strictObject({ verdict: Verdict }),
  },
} as const;
export type EventCode = keyof typeof EVENTS;
export type PayloadOf<C extends EventCode> = z.infer<(typeof EVENTS)[C]['payload']>;

/** An event before the journal gave it number, time and checksum. */
export type NewEvent = { [C in EventCode]: { readonly code: C; readonly payload: PayloadOf<C> } }[EventCode];

/** One line of a journal. `v` is the journal's version; `sum` chains it to the line before. */
export type DrillEvent = NewEvent & {
  readonly v: 1;
  readonly seq: number;
  readonly at: Instant;
  readonly drill: string;
  readonly sum: string;
};

export type EventOf<C extends EventCode> = DrillEvent & { readonly code: C; readonly payload: PayloadOf<C> };

/** The events of one code, typed. */
export function eventsOf<C extends EventCode>(
  journal: readonly DrillEvent[],
  code: C,
): readonly EventOf<C>[] {
  return journal.filter((event) => event.code === code) as unknown as readonly EventOf<C>[];
}
