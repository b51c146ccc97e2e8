import { fakeAutoScaling, type FakeAutoScaling } from './fake-auto-scaling.ts';
import { fakeBuildkite, type FakeBuildkite } from './fake-buildkite.ts';
import { fakeCommand, type FakeCommand } from './fake-command.ts';
import { fakeCounters, type FakeCounters } from './fake-counters.ts';
import { fakeEcs, type FakeEcs } from './fake-ecs.ts';
import { fakeFis, type FakeFis } from './fake-fis.ts';
import { fakeNotifier, type FakeNotifier } from './fake-notifier.ts';
import { fakeSurroundings, type FakeSurroundings } from './fake-surroundings.ts';
import { manualClock, type ManualClock } from './manual-clock.ts';
import { aContainer, aJob, anAgent, aPipeline, aTask, AGENT_ID, JOB_ID, NOON, TASK_ARN } from './builders.ts';
import { DRILL, jobEvent } from './journal-builders.ts';
import { planOf } from './plans.ts';
import type { Build } from '../../src/model/entities/build.ts';
import type { Job } from '../../src/model/entities/job.ts';
import type { Task } from '../../src/model/entities/task.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { watchAlone } from '../../src/drill/observer.ts';
import type { DrillPorts } from '../../src/drill/ports.ts';
import { abortDrill, runDrill } from '../../src/drill/run.ts';
import type { DrillState } from '../../src/state/state.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { createMemoryJournal } from '../../src/journal/file.ts';
import { GamedayError } from '../../src/model/errors.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { testDigest } from './digests.ts';

export const OTHER_TASK = TASK_ARN.replace(/.{4}$/, 'beef');
export const OTHER_AGENT = AGENT_ID.replace(/1$/, '2');

/** Two servers, a worker and a runner in memory, on one clock that jumps. */
export interface Theatre {
  readonly buildkite: FakeBuildkite;
  readonly ecs: FakeEcs;
  readonly autoScaling: FakeAutoScaling;
  readonly surroundings: FakeSurroundings;
  readonly command: FakeCommand;
  readonly counters: FakeCounters;
  readonly fis: FakeFis;
  readonly notifier: FakeNotifier;
  readonly clock: ManualClock;
  readonly plan: Plan;
  /** What the person at the terminal says, and what was shown to them. */
  readonly person: { says: boolean; readonly shown: (readonly string[])[] };
  journal: Journal;
  /** The runner dies when it has written so many events, or is about to write one more. */
  dieAt(events: number, moment: 'written' | 'unwritten'): void;
  /** The disk is full when so many events are written: every append fails from then on. */
  fillDiskAt(events: number): void;
  readonly seen: DrillEvent[];
  run(signal?: AbortSignal, onEvent?: (event: DrillEvent) => void): Promise<DrillState>;
  abort(lastIntent?: 'may-be-sent' | 'never-sent'): Promise<DrillState>;
  /** Another process: goes on with the first n events of the journal. */
  cutTo(events: number): void;
  /** The job ends in its own time. */
  finishJob(over?: Partial<Job>, id?: string): void;
  /** The worker drains: its job ends after `after`, then it disconnects and its container ends 0. */
  drain(after?: number, over?: Partial<Job>): void;
  /** SIGKILL comes after `after`; Buildkite gives the agent up `lostAfter` later. */
  die(after: number, lostAfter?: number): void;
  /** The build ends. */
  endBuild(state: Build['state']): void;
}

export interface Staged {
  readonly plan?: Plan;
  /** What the worker does when a stop reaches it; default: it drains. */
  readonly onStop?: (theatre: Theatre, task: Task) => void;
  /** What Buildkite does when it gives the agent up, before the job and the build end. */
  readonly onLost?: (theatre: Theatre) => void;
  /** How long after its creation the build's job runs on the worker; null: never. */
  readonly startsAfter?: number | null;
  /** How long the job runs when nobody stops it; null: for good. */
  readonly runsFor?: number | null;
  /** How long every answer of a service takes, milliseconds. */
  readonly lag?: () => number;
  /** Changes that are made before the first step. */
  readonly set?: (theatre: Theatre) => void;
}

/** A step that starts two seconds after the build and runs for 30 s, on the one of two workers that drains when told to. */
export function theatre(staged: Staged = {}): Theatre {
  const clock = manualClock();
  const { now } = clock;
  const plan = staged.plan ?? planOf();
  const person: Theatre['person'] = { says: true, shown: [] };
  const startsAfter = staged.startsAfter === undefined ? 2_000 : staged.startsAfter;
  const runsFor = staged.runsFor === undefined ? 30_000 : staged.runsFor;

  const buildkite = fakeBuildkite({
    now,
    pipelines: [aPipeline()],
    agents: [
      anAgent({ isRunningJob: false }),
      anAgent({
        id: OTHER_AGENT,
        name: 'worker-2',
        hostname: 'ip-10-0-0-2',
        tags: { 'ecs:task-arn': OTHER_TASK, 'ecs:container-name': 'ecs-build-agent-1-agent-c3d4' },
        isRunningJob: false,
      }),
    ],
    onCreate: (build) => {
      if (startsAfter !== null) clock.at(now() + startsAfter, () => start(build.id));
      // The job of the second build is that of the second worker, and so on.
      const nth = String(buildkite.world.builds.size);
      return [
        aJob({
          id: JOB_ID.replace(/1$/, nth),
          buildId: build.id,
          state: 'scheduled',
          rawState: 'SCHEDULED',
          agentId: null,
          startedAt: null,
        }),
      ];
    },
  });
  const ecs = fakeEcs({
    now,
    tasks: [aTask(), aTask({ arn: OTHER_TASK })],
    onStop: (task) => {
      if (staged.onStop === undefined) stage.drain();
      else staged.onStop(stage, task);
    },
  });
  const autoScaling = fakeAutoScaling({
    now,
    countOf: (service) => ecs.world.services.get(service)?.desired ?? null,
    setCount: (service, desired) => {
      const known = ecs.world.services.get(service);
      if (known !== undefined) ecs.world.services.set(service, { ...known, desired });
    },
  });
  const surroundings = fakeSurroundings();
  const command = fakeCommand({ now, at: clock.at });
  const counters = fakeCounters();
  const fis = fakeFis({ now, at: clock.at });
  const notifier = fakeNotifier(plan.mode === 'assert' ? [] : plan.scenario.notify);

  function start(buildId: string): void {
    buildkite.setBuild(buildId, { state: 'running', rawState: 'RUNNING', startedAt: now() });
    const id = [...buildkite.world.jobs.values()].find((job) => job.buildId === buildId)?.id;
    if (id === undefined) return;
    const agentId = AGENT_ID.replace(/1$/, id.slice(-1));
    if (!buildkite.world.agents.has(agentId)) return;
    const events = [jobEvent('STARTED', now())];
    buildkite.setJob(id, {
      state: 'running',
      rawState: 'RUNNING',
      agentId,
      startedAt: now(),
      events,
    });
    buildkite.setAgent(agentId, { isRunningJob: true });
    if (runsFor !== null) clock.at(now() + runsFor, () => finish({}, id));
  }

  function finish(over: Partial<Job> = {}, id = JOB_ID): void {
    const job = buildkite.world.jobs.get(id);
    if (job?.state !== 'running') return;
    const passed = over.passed ?? true;
    buildkite.setJob(id, {
      state: 'finished',
      rawState: 'FINISHED',
      passed,
      exitStatus: passed ? '0' : '1',
      finishedAt: now(),
      events: [...(job.events ?? []), jobEvent('FINISHED', now(), { exitStatus: passed ? '0' : '1' })],
      ...over,
    });
    if (job.agentId !== null) buildkite.setAgent(job.agentId, { isRunningJob: false });
    const open = [...buildkite.world.jobs.values()].some(
      (one) => one.buildId === job.buildId && one.state !== 'finished',
    );
    if (!open) endBuild(passed || over.softFailed === true ? 'passed' : 'failed', job.buildId);
  }

  function endBuild(state: Build['state'], id = [...buildkite.world.builds.keys()].at(-1) ?? ''): void {
    buildkite.setBuild(id, { state, rawState: state.toUpperCase(), finishedAt: now() });
  }

  function exit(exitCode: number, executionStoppedAt = now()): void {
    if (!ecs.world.tasks.has(TASK_ARN)) return;
    ecs.setTask(TASK_ARN, {
      status: 'STOPPED',
      executionStoppedAt,
      stoppedAt: now(),
      containers: [aContainer({ status: 'STOPPED', exitCode })],
    });
  }

  const stage: Theatre = {
    buildkite,
    ecs,
    autoScaling,
    surroundings,
    command,
    counters,
    fis,
    notifier,
    clock,
    plan,
    person,
    journal: createMemoryJournal(DRILL, [], now),
    seen: [],
    run: (signal = new AbortController().signal, onEvent = () => undefined) =>
      runDrill(plan, ports(), signal, (event) => {
        stage.seen.push(event);
        onEvent(event);
      }),
    dieAt(count, moment) {
      const { journal } = stage;
      const died = new RunnerDied();
      stage.journal = {
        ...journal,
        async append(event, durable) {
          if (moment === 'unwritten' && journal.events.length === count) throw died;
          const written = await journal.append(event, durable);
          if (moment === 'written' && journal.events.length === count) throw died;
          return written;
        },
      };
    },
    fillDiskAt(count) {
      const { journal } = stage;
      let why: GamedayError | null = null;
      stage.journal = {
        ...journal,
        async append(event, durable) {
          if (why === null && journal.events.length >= count)
            throw new GamedayError('journal-unwritable', 'ENOSPC: no space left on device, write');
          return journal.append(event, durable);
        },
        keepInMemory(given) {
          why ??= given;
        },
        findWriteError: () => why,
      };
    },
    abort: (lastIntent = 'may-be-sent') =>
      abortDrill(ports(), lastIntent, new AbortController().signal, () => undefined),
    cutTo(events) {
      const kept = stage.journal.events.slice(0, events);
      const journal = createMemoryJournal(DRILL, [], now);
      (journal.events as DrillEvent[]).push(...kept);
      stage.journal = journal;
    },
    finishJob: finish,
    drain(after = 10_000, over = {}) {
      const told = now();
      clock.at(told + after, () => finish(over));
      clock.at(told + after + 500, () => {
        buildkite.setAgent(AGENT_ID, {
          connection: 'disconnected',
          rawConnection: 'disconnected',
          stoppedGracefullyAt: told + 200,
          disconnectedAt: now(),
          isRunningJob: false,
        });
      });
      clock.at(told + after + 1_500, () => exit(0, told + after + 700));
    },
    die(after, lostAfter = 200_000) {
      const dies = now() + after;
      clock.at(dies + 300, () => exit(137, dies));
      clock.at(dies + lostAfter, () => lose());
    },
    endBuild,
  };

  function lose(): void {
    const agent = { connection: 'lost', rawConnection: 'lost', lostAt: now(), isRunningJob: false } as const;
    buildkite.setAgent(AGENT_ID, agent);
    const job = buildkite.world.jobs.get(JOB_ID);
    if (job?.state !== 'running') return;
    staged.onLost?.(stage);
    const lost = jobEvent('AGENT_LOST', now(), { actor: 'system' });
    finish({ passed: false, exitStatus: '-1', events: [...(job.events ?? []), lost] });
  }

  function ports(): DrillPorts {
    return watchAlone({
      buildkite: lagged(buildkite, clock, staged.lag),
      ecs: lagged(ecs, clock, staged.lag),
      autoScaling,
      fis: lagged(fis, clock, staged.lag),
      surroundings,
      command,
      counters,
      notifier,
      clock,
      journal: stage.journal,
      digest: testDigest,
      person: {
        confirm: (shown) => {
          person.shown.push(shown);
          return Promise.resolve(person.says);
        },
      },
    });
  }

  staged.set?.(stage);
  return stage;
}

/** The end of a process, as a test sees it. */
export class RunnerDied extends Error {}

/** The same port, but half of the time passes on the way to it and half on the way back. */
function lagged<P extends object>(port: P, clock: ManualClock, lag: (() => number) | undefined): P {
  if (lag === undefined) return port;
  return new Proxy(port, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function' || name === 'clock' || name === 'budget') return call;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        clock.pass(lag());
        const answer: unknown = await Reflect.apply(call, target, given);
        clock.pass(lag());
        return answer;
      };
    },
  });
}

/** How a drill ended, in two words. */
export function ending(state: DrillState): string {
  return state.verdict === null ? state.phase : `${state.verdict.outcome} ${state.verdict.reason}`;
}

/** The codes of a journal in order, each run of the same code once. */
export function codes(events: readonly DrillEvent[]): readonly string[] {
  return events.map(({ code }) => code).filter((code, index, all) => code !== all[index - 1]);
}

/** The instant at which every theatre opens. */
export const OPENING = NOON;
