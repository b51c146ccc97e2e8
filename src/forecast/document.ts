import { z } from 'zod';
import { SIGNALS } from './signal.ts';
import { LAUNCH_TYPES } from '../worker/launch.ts';

const Share = z.number().min(0).max(1);
const Milliseconds = z.number().nonnegative();
/** A 95 % interval, by bootstrap over jobs; null where the jobs do not bound the value, or where durations were stated. */
const Bounds = z.tuple([Share, Share]).nullable();

const Spread = z.strictObject({ p5: z.number(), median: z.number(), p95: z.number() });

/** One step's jobs, and the effect of a stop on them. */
export const StepForecast = z.strictObject({
  step: z.string(),
  jobs: z.int().nonnegative(),
  /** Null where the durations were stated, not measured. */
  seen: z.strictObject({ median: Milliseconds, p95: Milliseconds, longest: Milliseconds }).nullable(),
  /** Share of all working time. */
  share: Share,
  /** P(loss) of its job that runs when its worker is stopped: E[(D-T)+] / E[D]. */
  loss: Share,
  interval: Bounds,
  /** Share of its jobs that are longer than T. */
  longer: Share,
  /** `always`: no measured job was longer than T; `some`: some were; `never`: all were. */
  fits: z.enum(['always', 'some', 'never']),
  /** Whether its longest job would fit the longest possible window. */
  fitsCeiling: z.boolean(),
});
export type StepForecast = z.infer<typeof StepForecast>;

/** The forecast for one `stopTimeout`. */
export const TimeoutRow = z.strictObject({
  stopTimeout: Milliseconds,
  loss: Share,
  interval: Bounds,
  lossPerStop: Share,
  longer: Share,
  current: z.boolean(),
});
export type TimeoutRow = z.infer<typeof TimeoutRow>;

/** A simulated rolling deployment of the whole fleet, for one way in which workers stop. */
export const DeploymentRow = z.strictObject({
  name: z.string(),
  signal: z.enum(SIGNALS),
  window: Milliseconds,
  /** How long a worker is protected from the start of its job, at most; null: it is not. */
  protection: Milliseconds.nullable(),
  lossPerStop: Share,
  /** Null where the percentages block the deployment. */
  wallClock: Spread.nullable(),
  lost: Spread.nullable(),
});
export type DeploymentRow = z.infer<typeof DeploymentRow>;

const Leaving = z.strictObject({
  workers: z.int().nonnegative(),
  drained: z.int().nonnegative(),
  /** Of the workers that drained; null where none did. */
  median: Milliseconds.nullable(),
  longest: Milliseconds.nullable(),
});

/** The whole forecast; the content of `gameday forecast --json`. Times are milliseconds, shares 0 to 1. */
export const Forecast = z.strictObject({
  source: z.strictObject({
    kind: z.enum(['file', 'buildkite', 'stated']),
    name: z.string(),
    jobs: z.int().nonnegative(),
    /** Number of builds of the jobs; null where the history does not show it. */
    builds: z.int().positive().nullable(),
    leftOut: z.record(z.string(), z.int()),
    /** Jobs whose times have no time zone; UTC is assumed. */
    zoneless: z.int().nonnegative(),
    complete: z.boolean(),
  }),
  window: z.strictObject({
    container: z.string().nullable(),
    launchType: z.enum(LAUNCH_TYPES),
    /** How long a job may go on after the signal, at least: T. */
    drain: Milliseconds,
    /** What the platform grants the agent; `drain` is 0 nevertheless if the signal cuts the job off. */
    granted: Milliseconds,
    before: Milliseconds,
    wholeStop: Milliseconds,
    ceiling: Milliseconds.nullable(),
    /** `heard`: the agent finishes its job; `eaten`: it works on until SIGKILL; `fatal`: its job is cut off at once. */
    signal: z.enum(SIGNALS),
  }),
  utilisation: z.strictObject({ share: Share, by: z.enum(['stated', 'history', 'assumed']) }),
  /** P(loss) of the job that runs when its worker is stopped. */
  loss: Share,
  interval: Bounds,
  /** P(a job is lost) for one stop of one worker, busy or not. */
  lossPerStop: Share,
  lossPerStopInterval: Bounds,
  /** Drain of a busy worker that hears its stop; null where no worker is busy. */
  busyDrain: z.strictObject({ mean: Milliseconds, median: Milliseconds, p95: Milliseconds }).nullable(),
  /** Hooks protect busy workers from scale-in and deployments; null: they do not. */
  protection: z
    .strictObject({
      /** From the start of a job, at most. */
      expiry: Milliseconds,
      /** P(loss) of the job that runs when a deployment or a scale-in wants its worker. */
      loss: Share,
    })
    .nullable(),
  steps: z.array(StepForecast),
  timeouts: z.array(TimeoutRow),
  /** P(loss) in flight over the window, from 0 to beyond the longest window: points of one line. */
  curve: z.array(z.tuple([Milliseconds, Share])),
  retry: z
    .strictObject({
      rescuedAtLeast: Share,
      workLost: Milliseconds,
      later: z.tuple([Milliseconds, Milliseconds]),
    })
    .nullable(),
  fleet: z.strictObject({
    workers: z.int(),
    minimumHealthyPercent: z.number(),
    maximumPercent: z.number(),
    roomPercent: z.number(),
    startUp: z.string(),
    idle: Milliseconds,
    replications: z.int(),
    seed: z.int(),
  }),
  /** Drains measured in earlier drills, used to simulate workers that hear their stop; null: drains are computed. */
  drains: z
    .strictObject({
      drills: z.int().positive(),
      onRig: z.int().nonnegative(),
      unproven: z.int().nonnegative(),
      busy: Leaving,
      idle: Leaving,
      granted: z.array(Milliseconds),
    })
    .nullable(),
  deployments: z.array(DeploymentRow),
  notes: z.array(z.string()),
});
export type Forecast = z.infer<typeof Forecast>;
