import fc from 'fast-check';
import { NOON } from '../support/builders.ts';

/** How the container comes to its agent, as its definition shows it. */
export const STARTS = {
  exec: ['hears'],
  official: ['hears'],
  tini: ['hears'],
  image: ['hears', 'killed', 'one-shot', 'idle', 'script'],
  sh: ['hears', 'killed', 'one-shot', 'idle', 'script'],
  'tini-sh': ['hears', 'dies'],
  dash: ['killed', 'one-shot', 'idle', 'script'],
  followed: ['killed', 'one-shot', 'idle'],
  trap: ['hears', 'killed'],
} as const;
export type StartName = keyof typeof STARTS;
/**
 * What the agent does about the stop: it hears it; it never does and is killed; the wrapper dies and takes it along; it
 * never does and leaves by itself, by a flag that nobody sees or because a script of the host told it.
 */
export type Mode = (typeof STARTS)[StartName][number];

/** What is drawn of a world; instants are relative, in milliseconds. */
export interface World {
  readonly seed: number;
  readonly fargate: boolean;
  readonly version: '3.78.0' | '3.120.0' | '3.138.0' | '4.0.0';
  /** A v4 agent may report or not. */
  readonly v4Reports: boolean;
  readonly reportLost: boolean;
  readonly start: StartName;
  readonly mode: Mode;
  /** `--disconnect-after-job` on the command line of an agent that hears. */
  readonly visibleOneShot: boolean;
  readonly ran: number;
  /** End of the job, counted from the stop. */
  readonly end: number;
  readonly upload: number;
  /** Between the stop and SIGTERM: deregistration, containers that depend on the agent's, ECS itself. */
  readonly deregistration: number;
  readonly dependant: number;
  readonly lag: number;
  readonly stopTimeout: number;
  readonly timer: number;
  readonly scriptAfter: number;
  readonly leaving: number;
  readonly exiting: number;
  readonly noticed: number;
  readonly isLostAfter: number;
  /** Another job that the agent takes so long after the first one's end, and how long that runs. */
  readonly next: { readonly after: number; readonly runs: number } | null;
  /** A second agent in the container with a job of its own, and when that ends. */
  readonly neighbour: number | null;
  readonly userTold: boolean;
  readonly exitCodeShown: boolean;
  readonly otherEssential: boolean;
  /** How long this agent waited between two jobs before. */
  readonly pastGap: number;
  /** How far each clock is ahead of Buildkite's. */
  readonly runnerAhead: number;
  readonly hostAhead: number;
  readonly ecsAhead: number;
  readonly instanceAhead: number;
  readonly staleness: number;
  readonly loses: number;
  readonly poll: number;
  readonly answerLost: boolean;
}

const ms = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const rarely = (weight: number): fc.Arbitrary<boolean> =>
  fc.oneof({ weight: 100 - weight, arbitrary: fc.constant(false) }, { weight, arbitrary: fc.constant(true) });
const skew = fc.oneof(
  fc.constantFrom(0, 300, -300, 7_000, -7_000, 60_000, -60_000, 300_000, -300_000),
  ms(-10_000, 10_000),
  ms(-300_000, 300_000),
);
const seldom = (least: number, most: number, weight: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 100 - weight, arbitrary: fc.constant(0) }, { weight, arbitrary: ms(least, most) });

const started = fc
  .constantFrom<StartName>(
    'exec',
    'exec',
    'official',
    'tini',
    'image',
    'image',
    'sh',
    'sh',
    'tini-sh',
    'dash',
    'followed',
    'trap',
  )
  .chain((start) => fc.record({ start: fc.constant(start), mode: fc.constantFrom<Mode>(...STARTS[start]) }));

const drawn = fc.record({
  seed: fc.nat(),
  fargate: fc.boolean(),
  version: fc.constantFrom('3.78.0', '3.120.0', '3.138.0', '4.0.0'),
  v4Reports: fc.boolean(),
  reportLost: rarely(5),
  visibleOneShot: rarely(10),
  ran: ms(6_500, 60_000),
  end: fc.oneof(ms(-6_000, 10_000), ms(0, 40_000), ms(20_000, 200_000)),
  upload: ms(0, 2_000),
  deregistration: seldom(4_000, 40_000, 15),
  dependant: seldom(300, 30_000, 15),
  lag: fc.oneof(ms(20, 2_000), ms(20, 9_500), ms(20, 19_000)),
  stopTimeout: fc.constantFrom(30_000, 60_000, 120_000),
  timer: fc.oneof(ms(300, 5_000), ms(1_000, 60_000)),
  scriptAfter: ms(14_000, 45_000),
  leaving: ms(20, 1_500),
  exiting: ms(20, 1_500),
  noticed: ms(200, 8_000),
  isLostAfter: ms(180_000, 240_000),
  next: fc.option(fc.record({ after: ms(200, 8_000), runs: ms(500, 90_000) }), { freq: 2, nil: null }),
  neighbour: fc.oneof(
    { weight: 85, arbitrary: fc.constant(null) },
    { weight: 15, arbitrary: ms(10, 130_000) },
  ),
  userTold: rarely(3),
  exitCodeShown: rarely(97),
  otherEssential: rarely(15),
  pastGap: ms(300, 60_000),
  runnerAhead: skew,
  hostAhead: skew,
  ecsAhead: skew,
  instanceAhead: skew,
  staleness: fc.constantFrom(0, 0, 1_000, 6_000),
  loses: fc.constantFrom(0, 0, 10, 50),
  poll: ms(1_000, 3_000),
  answerLost: rarely(10),
});

/** Any world that the rules of evidence reckon with. */
export const world: fc.Arbitrary<World> = fc
  .tuple(drawn, started)
  .map(([one, { start, mode }]) => ({ ...one, start, mode, userTold: one.userTold && mode === 'hears' }));

/** A job as it truly was, by Buildkite's clock. */
export interface TrueJob {
  readonly id: 'target' | 'next' | 'neighbour' | 'past';
  readonly agent: 'own' | 'second';
  readonly startedAt: number;
  /** When its process ended, and when Buildkite heard so; both Infinity where the agent died before. */
  readonly endedAt: number;
  readonly finishedAt: number;
  readonly lostAt: number;
}

export interface TrueAgent {
  readonly id: 'own' | 'second';
  readonly toldAt: number;
  readonly reportedAt: number | null;
  /** Infinity where it died without a word. */
  readonly leftAt: number;
  readonly lostAt: number;
}

/** What truly happened, by Buildkite's clock. */
export interface TrueHistory {
  readonly world: World;
  readonly stop: number;
  readonly deregistered: number;
  readonly dependantEnd: number;
  readonly signal: number;
  readonly jobs: readonly TrueJob[];
  readonly agents: readonly TrueAgent[];
  readonly containerEnd: number;
  readonly exitCode: 0 | 137 | 143;
  /** The target's job was in flight at the signal, its agent heard it, no job was hurt, and the container ended clean. */
  readonly isDrain: boolean;
  /** As that, but that the job of an agent that cannot report may have ended in ECS's lag before the signal: rule 3b asks for no more than a read after the stop, the deregistration and the dependants. */
  readonly mayPass: boolean;
}

export const STOP = NOON + 100_000;
const REPORTED_AFTER = 300;
/** When a person clicks "Stop agent", where one does. */
export const USER_TELLS = STOP + 500;

/** Plays a world. */
export function play(world: World): TrueHistory {
  const { mode } = world;
  const stop = STOP;
  const lag = world.fargate ? world.lag : Math.min(world.lag, 9_500);
  const deregistered = stop + world.deregistration;
  const dependantEnd = deregistered + world.dependant;
  const signal = dependantEnd + lag;
  const killed = signal + world.stopTimeout;
  const told = mode === 'hears' ? signal : mode === 'script' ? signal + world.scriptAfter : Infinity;
  const dies = mode === 'dies' ? signal : killed;
  const ended = stop + world.end;
  const finished = ended + world.upload;
  const ownLeaves = (last: number): number => {
    if (mode === 'one-shot' || (world.visibleOneShot && mode === 'hears')) return last + world.leaving;
    if (mode === 'idle') return Math.min(last + world.timer, Infinity) + world.leaving;
    return Number.isFinite(told) ? Math.max(last, told) + world.leaving : Infinity;
  };
  const takes = world.next === null ? Infinity : finished + world.next.after;
  const isTaken = takes < Math.min(told, ownLeaves(finished) - world.leaving, dies);
  const nextEnd = takes + (world.next?.runs ?? 0);
  const last = isTaken ? nextEnd + world.upload : finished;
  const neighbour =
    world.neighbour === null || !['hears', 'killed', 'dies'].includes(mode) ? null : world.neighbour;
  const isSpawned = neighbour !== null && !world.visibleOneShot;
  const secondEnd = stop + (neighbour ?? 0) + 20;
  const secondLeaves =
    mode === 'hears' ? Math.max(secondEnd + world.upload, signal) + world.leaving : Infinity;
  const left = Math.max(ownLeaves(last), isSpawned ? secondLeaves : 0);
  const containerEnd = Math.min(left + world.exiting, dies);
  const isCut = dies <= left + world.exiting;
  const died = (at: number): boolean => isCut && at >= containerEnd;
  const lostAt = containerEnd + world.isLostAfter;
  const jobOf = (id: TrueJob['id'], agent: TrueJob['agent'], startedAt: number, endedAt: number): TrueJob => {
    const cut = died(endedAt + world.upload);
    return {
      ...{ id, agent, startedAt },
      endedAt: cut ? Infinity : endedAt,
      finishedAt: cut ? Infinity : endedAt + world.upload,
      lostAt: cut ? lostAt : Infinity,
    };
  };
  const reports = world.version === '3.138.0' || (world.version === '4.0.0' && world.v4Reports);
  const agentOf = (id: TrueAgent['id'], leftAt: number): TrueAgent => ({
    id,
    toldAt: told,
    reportedAt:
      reports && !world.reportLost && told + REPORTED_AFTER < Math.min(leftAt, containerEnd)
        ? told + REPORTED_AFTER
        : null,
    leftAt: died(leftAt) ? Infinity : leftAt,
    lostAt: died(leftAt) ? lostAt : Infinity,
  });
  const began = stop - world.ran;
  const jobs = [
    jobOf('target', 'own', began, ended),
    ...(isTaken ? [jobOf('next', 'own', takes, nextEnd)] : []),
    ...(isSpawned ? [jobOf('neighbour', 'second', began - 500, secondEnd)] : []),
  ];
  const exitCode = isCut ? (mode === 'dies' ? 143 : 137) : world.start === 'trap' ? 143 : 0;
  const [target] = jobs;
  // Nobody tells an agent that has left.
  const isUserTold = world.userTold && USER_TELLS < ownLeaves(last);
  const isClean =
    mode === 'hears' && !isUserTold && !isCut && jobs.every((job) => Number.isFinite(job.finishedAt));
  const end = target?.finishedAt ?? 0;
  const agents = [agentOf('own', ownLeaves(last)), ...(isSpawned ? [agentOf('second', secondLeaves)] : [])];
  // A v4 that was never seen to report is taken for an older one (rule 5).
  const isReporting = world.version === '3.138.0' || agents.some(({ reportedAt }) => reportedAt !== null);
  const isDrain = isClean && signal < end;
  const mayPass = isClean && (signal < end || (!isReporting && dependantEnd < end));
  return {
    ...{ world, stop, deregistered, dependantEnd, signal, jobs, containerEnd, exitCode, isDrain, mayPass },
    agents,
  };
}
