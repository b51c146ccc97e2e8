import type { AutoScaling } from '../auto-scaling/port.ts';
import type { Buildkite, BuildWithJobs } from '../buildkite/port.ts';
import type { Counters } from '../counters/port.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Fis } from '../fis/port.ts';
import type { Read } from '../journal/events.ts';
import type { Surroundings } from '../surroundings/port.ts';
import type { UserCommand } from '../user-command/port.ts';
import type { Answer } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import type { CommandRun } from '../model/entities/command.ts';
import { parseMark } from '../model/entities/mark.ts';
import { assertNever } from '../model/errors.ts';
import { askAgentsOfTask } from './agent-questions.ts';
import { askCounter } from './counter-questions.ts';
import { askFis } from './fis-questions.ts';
import { mapAnswer, askEcs, type Of } from './ecs-questions.ts';
import { readPreflightFact } from './look.ts';
import { readMappingFact } from './mapped-tasks.ts';
import { askAutoScaling } from './scaling-questions.ts';
import { splitHistoryId } from '../model/step-name.ts';
import { jobsWanted } from './own-builds.ts';
import type { Plan } from '../scenario/plan.ts';
import { COMMAND, findBranch } from '../scenario/subjects.ts';
import type { Scenario } from '../scenario/schema.ts';
import { findFact, type Fact, type Subject, type World } from '../model/world.ts';

/** The ports a drill reads from. */
export interface Sources {
  readonly buildkite: Buildkite;
  readonly ecs: Ecs;
  readonly autoScaling: AutoScaling;
  readonly fis: Fis;
  readonly surroundings: Surroundings;
  readonly command: UserCommand;
  readonly counters: Counters;
}

/** One read and the facts it gave. */
export interface Answered {
  readonly read: Read;
  readonly facts: readonly Fact[];
}

/** Asks one question and stamps it with the runner's clock; never throws for a service's fault. */
export async function askSubject(
  subject: Subject,
  drill: string,
  plan: Plan,
  world: World,
  sources: Sources,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answered> {
  const sentAt = clock.now();
  const answer = await askSource(subject, drill, plan, world, sources, signal).catch(makeUnreadableAnswer);
  return stampAnswer(subject, sentAt, clock.now(), answer, sources);
}

/** An answer that our own code could not read: never an exception of the drill. */
export function makeUnreadableAnswer(error: unknown): Answer<never> {
  const message = `the answer could not be read: ${error instanceof Error ? error.message : String(error)}`;
  return { ok: false, trouble: { kind: 'garbage', message, retryAfter: null } };
}

/** A read with its times, and the facts that it gave. */
export function stampAnswer(
  subject: Subject,
  sentAt: number,
  answeredAt: number,
  answer: Answer<readonly Fact[]>,
  sources: Sources,
): Answered {
  const read = { subject, sentAt, answeredAt, ok: answer.ok, error: answer.ok ? null : answer.trouble };
  return { read, facts: answer.ok ? [...answer.value, ...listClockFacts(sources)] : [] };
}

function listClockFacts({ buildkite, ecs }: Sources): readonly Fact[] {
  const own = { buildkite: buildkite.clock(), ecs: ecs.clock() };
  return Object.entries(own).flatMap(([id, value]) =>
    value === null ? [] : [{ kind: 'clock', id, value } as const],
  );
}

async function askSource(
  subject: Subject,
  drill: string,
  plan: Plan,
  world: World,
  sources: Sources,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  switch (subject.kind) {
    case 'build':
    case 'build-jobs':
    case 'job':
    case 'agent':
    case 'drill-build':
    case 'pipeline':
    case 'step-history':
    case 'triggered-builds':
    case 'past-workers':
      return askBuildkite({ ...subject, kind: subject.kind }, plan, world, sources.buildkite, signal);
    case 'agents-of-task':
      return askAgentsOfTask(subject.id, plan, world, sources.buildkite, signal);
    case 'task':
    case 'task-definition':
    case 'service':
    case 'cluster':
    case 'recent-stops':
    case 'tasks-of':
    case 'tasks-on':
    case 'tasks-in':
    case 'instance':
    case 'protection':
    case 'credentials':
      return askEcs({ ...subject, kind: subject.kind }, plan, sources.ecs, signal);
    case 'scalable-target':
    case 'scaling-activities':
    case 'scaling':
      return askAutoScaling({ ...subject, kind: subject.kind }, plan, sources.autoScaling, signal);
    case 'fis-template':
    case 'experiment':
    case 'fis-of-drill':
    case 'safety-lever':
      return askFis({ ...subject, kind: subject.kind }, sources.fis, signal);
    case 'self':
    case 'kill-switch':
    case 'lock':
    case 'ledger':
    case 'halt':
      return askSurroundings({ ...subject, kind: subject.kind }, drill, plan, sources.surroundings, signal);
    case 'preflight':
      return readPreflightFact(subject.id, plan, world, sources, signal);
    case 'mapping':
      return askMapping(subject.id, plan, sources, signal);
    case 'command':
      return { ok: true, value: [{ kind: 'command', id: subject.id, value: readCommand(world, sources) }] };
    case 'counter':
      return askCounter(subject.id, plan, sources.counters, signal);
    case 'budget':
      return { ok: true, value: [{ kind: 'budget', id: subject.id, value: sources.buildkite.budget() }] };
    case 'clock':
      return { ok: true, value: [] };
    default:
      return assertNever(subject.kind);
  }
}

/** A build's facts: itself, every job that the same answer listed, and whether these are all. */
export function listBuildFacts({ build, jobs }: BuildWithJobs): readonly Fact[] {
  const listing = { listed: jobs.length, complete: build.jobsComplete };
  return [
    { kind: 'build', id: build.id, value: build },
    ...(build.jobs === null ? [] : [{ kind: 'build-jobs', id: build.id, value: listing } as const]),
    ...jobs.map((job) => ({ kind: 'job', id: job.id, value: job }) as const),
  ];
}

async function askBuildkite(
  {
    kind,
    id,
  }: Of<
    | 'build'
    | 'build-jobs'
    | 'job'
    | 'agent'
    | 'drill-build'
    | 'pipeline'
    | 'step-history'
    | 'triggered-builds'
    | 'past-workers'
  >,
  plan: Plan,
  world: World,
  buildkite: Buildkite,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  const { organization } = plan;
  const { pipeline } = plan.scenario.build;
  switch (kind) {
    case 'build':
    case 'build-jobs':
      return mapAnswer(
        await buildkite.build(id, jobsWanted(kind, { plan, world, buildIds: [id] }), signal),
        listBuildFacts,
      );
    case 'job':
      return mapAnswer(await buildkite.job(id, signal), (value) => [{ kind, id, value }]);
    case 'agent':
      return mapAnswer(await buildkite.agent(organization, id, signal), ({ agent, jobs }) => [
        { kind, id, value: agent },
        ...jobs.map((job) => ({ kind: 'job', id: job.id, value: job }) as const),
      ]);
    case 'drill-build':
      return mapAnswer(
        await buildkite.buildOfDrill(organization, pipeline, parseMark(id), signal),
        (found) => [
          { kind, id, value: { build: found?.build.id ?? null } },
          ...(found === null ? [] : listBuildFacts(found)),
        ],
      );
    case 'pipeline':
      return mapAnswer(
        await buildkite.pipeline(organization, id, findBranch(id, plan, world), signal),
        (value) => [{ kind, id, value }],
      );
    case 'step-history': {
      const [of, step] = splitHistoryId(id);
      const answer = await buildkite.stepHistory(organization, of, step, JOBS_OF_A_HISTORY, signal);
      return mapAnswer(answer, (value) => [{ kind, id, value }]);
    }
    case 'triggered-builds':
      return mapAnswer(await buildkite.triggeredBuilds(id, signal), (builds) => [
        { kind, id, value: { builds: [...builds] } },
      ]);
    case 'past-workers':
      return mapAnswer(await buildkite.pastWorkers(organization, id, signal), (agents) => [
        { kind, id, value: { agents: [...agents] } },
      ]);
    default:
      return assertNever(kind);
  }
}

/** Of a command that another process started only what that one wrote down is known: its end, if it saw it. */
function readCommand(world: World, { command }: Sources): CommandRun {
  const known = findFact(world, COMMAND.kind, COMMAND.id);
  if (known?.state === 'ended') return known;
  const nothing = { startedAt: null, endedAt: null, exitCode: null, signal: null, endedBy: null };
  return command.read() ?? { ...nothing, leftProcesses: false, ...known, state: 'unknown' };
}

const JOBS_OF_A_HISTORY = 100; // Enough for a quantile, at about 300 points.

/** The tasks of the fleet that run now; `gameday assert` starts nothing and asks nothing before. */
async function askMapping(
  id: string,
  plan: Plan,
  sources: Sources,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  if (plan.mode === 'assert') return { ok: true, value: [] };
  const { organization, scenario } = plan;
  return readMappingFact(id, { organization, cluster: scenario.cluster }, sources, signal);
}

/** A drill that injects nothing has no halt conditions. */
const NOTHING_HALTS: Pick<Scenario['safety'], 'killSwitch' | 'haltWhen'> = { killSwitch: null, haltWhen: [] };

async function askSurroundings(
  { kind, id }: Of<'self' | 'kill-switch' | 'lock' | 'ledger' | 'halt'>,
  drill: string,
  plan: Plan,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  const { killSwitch, haltWhen } = plan.mode === 'assert' ? NOTHING_HALTS : plan.scenario.safety;
  switch (kind) {
    case 'self':
      return mapAnswer(await surroundings.self(signal), (value) => [{ kind, id, value }]);
    case 'kill-switch':
      return mapAnswer(await surroundings.killSwitch(killSwitch, signal), (value) => [{ kind, id, value }]);
    case 'lock':
      return mapAnswer(await surroundings.lock(id, drill, signal), (value) => [{ kind, id, value }]);
    case 'ledger':
      return mapAnswer(await surroundings.pastInjections(id, drill, signal), (value) => [
        { kind, id, value },
      ]);
    case 'halt': {
      const { name, file, url } = haltWhen.find((one) => one.name === id) ?? { name: id };
      const condition = {
        name,
        ...(file === undefined ? {} : { file }),
        ...(url === undefined ? {} : { url }),
      };
      return mapAnswer(await surroundings.halt(condition, signal), (value) => [{ kind, id, value }]);
    }
    default:
      return assertNever(kind);
  }
}
