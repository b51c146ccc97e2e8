import type { Buildkite, BuildWithJobs, JobsWanted, TokenUser } from '../../src/buildkite/port.ts';
import type { Answer, Outcome, Trouble } from '../../src/model/answer.ts';
import type { Call } from '../../src/model/call.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import { hasAgentLeft } from '../../src/model/entities/agent.ts';
import type { Budget } from '../../src/model/entities/budget.ts';
import type { Build } from '../../src/model/entities/build.ts';
import type { Job } from '../../src/model/entities/job.ts';
import { hasMark } from '../../src/model/entities/mark.ts';
import type { ClockOffset, Pipeline } from '../../src/model/entities/surroundings.ts';
import { matchesStep, type StepName } from '../../src/model/step-name.ts';
import { aBuild, aJob, aPipeline, NOON } from './builders.ts';
import { carryOut, createScript } from './fake-script.ts';
import type { FakeScript } from './fake-script.ts';

type Operation = Exclude<keyof Buildkite, 'clock' | 'budget'>;

/** What the fake knows; tests change it at will. Lists of jobs are derived from `jobs`, newest last. */
export interface FakeBuildkiteWorld {
  organization: string;
  user: TokenUser | null;
  pipelines: Map<string, Pipeline>;
  builds: Map<string, Build>;
  jobs: Map<string, Job>;
  agents: Map<string, Agent>;
  /** Builds that the trigger steps of a build have started, by its UUID. */
  triggered: Map<string, readonly string[]>;
  /** Agents that the filter by tag overlooks. */
  unfiltered: Set<string>;
  clock: ClockOffset | null;
  /** What the headers of an answer would say of the user's and of the organization's points. */
  budget: Pick<Budget, 'user' | 'organization' | 'recent'>;
}

/** Buildkite in memory, with its world and its script. */
export interface FakeBuildkite extends Buildkite, FakeScript<Operation> {
  readonly world: FakeBuildkiteWorld;
  setBuild(id: string, over: Partial<Build>): void;
  setJob(id: string, over: Partial<Job>): void;
  setAgent(id: string, over: Partial<Agent>): void;
}

export interface FakeBuildkiteOptions {
  readonly organization?: string;
  readonly pipelines?: readonly Pipeline[];
  readonly builds?: readonly Build[];
  readonly jobs?: readonly Job[];
  readonly agents?: readonly Agent[];
  /** What a created build holds; default: one scheduled job of step `integration`. */
  readonly onCreate?: (build: Build) => readonly Job[];
  readonly now?: () => number;
}

function scheduledJob(build: Build): readonly Job[] {
  const id = `${build.id.slice(0, -4)}a${String(build.number).padStart(3, '0')}`;
  return [
    aJob({
      id,
      buildId: build.id,
      buildSlug: `${build.organization}/${build.pipeline}/${String(build.number)}`,
      state: 'scheduled',
      rawState: 'SCHEDULED',
      agentId: null,
      startedAt: null,
    }),
  ];
}

const OPEN: ReadonlySet<string> = new Set(['creating', 'scheduled', 'running', 'failing']);

function byId<T extends { readonly id: string }>(values: readonly T[]): Map<string, T> {
  return new Map(values.map((value) => [value.id, value]));
}

function update<T>(map: Map<string, T>, id: string, over: Partial<T>): void {
  const value = map.get(id);
  if (value === undefined) throw new Error(`the fake has no ${id}`);
  map.set(id, { ...value, ...over });
}

function missing(what: string, more: Pick<Trouble, 'missing'> = {}): { ok: false; trouble: Trouble } {
  const message = `Buildkite shows no ${what} to this token`;
  return { ok: false, trouble: { kind: 'not-found', message, retryAfter: null, ...more } };
}

/** Buildkite in memory: answers from its world, fails as scripted. It follows the contract suite of the port. */
export function fakeBuildkite(options: FakeBuildkiteOptions = {}): FakeBuildkite {
  const script = createScript<Operation>();
  const world: FakeBuildkiteWorld = {
    organization: options.organization ?? 'acme',
    user: { name: 'Operator', email: 'operator@example.com' },
    pipelines: new Map((options.pipelines ?? [aPipeline()]).map((pipeline) => [pipeline.slug, pipeline])),
    builds: byId(options.builds ?? []),
    jobs: byId(options.jobs ?? []),
    agents: byId(options.agents ?? []),
    triggered: new Map(),
    unfiltered: new Set(),
    clock: null,
    budget: {
      user: { limit: 5_000, remaining: 4_999, resetsIn: 300_000 },
      organization: { limit: 20_000, remaining: 19_999, resetsIn: 300_000 },
      recent: 0,
    },
  };
  let requests = 0;

  function answer<T>(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    look: () => Answer<T>,
  ): Promise<Answer<T>> {
    requests += 1;
    const planned = script.enter(operation, args, signal);
    return Promise.resolve(planned === null ? look() : { ok: false, trouble: planned.trouble });
  }

  const light = (job: Job): Job => ({ ...job, events: null });
  function withJobs(build: Build, wanted: JobsWanted): BuildWithJobs {
    const jobs = [...world.jobs.values()].filter((job) => job.buildId === build.id).map(light);
    if (wanted === 'all') return { build: { ...build, jobs: jobs.map((job) => job.id) }, jobs };
    const shown = jobs.filter(({ stepKey }) => stepKey !== null && wanted.includes(stepKey));
    const metaData = wanted.length === 0 ? build.metaData : null;
    return { build: { ...build, metaData, jobs: null, jobsComplete: false }, jobs: shown };
  }
  function find(slugOrUuid: string): Build | undefined {
    const slugOf = (build: Build): string =>
      `${build.organization}/${build.pipeline}/${String(build.number)}`;
    return [...world.builds.values()].find(
      (build) => build.id === slugOrUuid || slugOf(build) === slugOrUuid,
    );
  }
  function open(pipeline: string, branch: string): Pipeline['openBuilds'] {
    return [...world.builds.values()]
      .filter((build) => build.pipeline === pipeline && build.branch === branch && OPEN.has(build.state))
      .map(({ number, url, metaData }) => ({ number, url, drill: metaData?.['gameday-drill'] ?? null }));
  }
  function past(pipeline: string, step: StepName): readonly number[] {
    return [...world.jobs.values()].reverse().flatMap((job) => {
      const ofPipeline = world.builds.get(job.buildId)?.pipeline === pipeline;
      if (!ofPipeline || !matchesStep(step, job) || job.state !== 'finished' || !job.passed) return [];
      if (job.startedAt === null || job.finishedAt === null) return [];
      return [job.finishedAt - job.startedAt];
    });
  }
  function create(call: Extract<Call, { kind: 'create-build' }>): Outcome<BuildWithJobs> {
    const number = 1 + Math.max(0, ...[...world.builds.values()].map((build) => build.number));
    const build = aBuild({
      id: `018f0000-0000-4000-8000-00000000b${String(number).padStart(3, '0')}`,
      number,
      url: `https://buildkite.com/${world.organization}/${call.pipeline}/builds/${String(number)}`,
      organization: world.organization,
      pipeline: call.pipeline,
      branch: call.branch,
      state: 'scheduled',
      rawState: 'SCHEDULED',
      createdAt: (options.now ?? (() => NOON))(),
      startedAt: null,
      metaData: { ...call.metaData },
    });
    world.builds.set(build.id, build);
    for (const job of (options.onCreate ?? scheduledJob)(build)) world.jobs.set(job.id, job);
    const triggers = world.pipelines.get(call.pipeline)?.triggers ?? [];
    const started = triggers.flatMap(({ pipeline, branch }) => {
      const own = branch ?? world.pipelines.get(pipeline)?.branch ?? '';
      const child = create({ ...call, pipeline, branch: own, metaData: {} });
      return child.ok ? [child.value.build.id] : [];
    });
    world.triggered.set(build.id, started);
    return { ok: true, value: withJobs(build, []) };
  }

  return {
    ...script,
    world,
    setBuild: (id, over) => update(world.builds, id, over),
    setJob: (id, over) => update(world.jobs, id, over),
    setAgent: (id, over) => update(world.agents, id, over),
    viewer: (signal) => answer('viewer', [], signal, () => ({ ok: true, value: world.user })),
    pipelineSlugs: (organization, signal) =>
      answer('pipelineSlugs', [organization], signal, () =>
        organization === world.organization
          ? { ok: true, value: [...world.pipelines.keys()].toSorted() }
          : missing(`organization "${organization}"`, { missing: 'organization' }),
      ),
    pipeline: (organization, slug, branch, signal) =>
      answer('pipeline', [organization, slug, branch], signal, () => {
        if (organization !== world.organization)
          return missing(`organization "${organization}"`, { missing: 'organization' });
        const pipeline = world.pipelines.get(slug);
        if (pipeline === undefined) return missing(`pipeline "${slug}" in "${organization}"`);
        return {
          ok: true,
          value: {
            ...pipeline,
            branch: branch ?? pipeline.branch,
            defaultBranch: pipeline.defaultBranch ?? pipeline.branch,
            openBuilds: [...pipeline.openBuilds, ...open(slug, branch ?? pipeline.branch)],
          },
        };
      }),
    pipelineSteps: (organization, slug, signal) =>
      answer('pipelineSteps', [organization, slug], signal, () => {
        if (organization !== world.organization)
          return missing(`organization "${organization}"`, { missing: 'organization' });
        const pipeline = world.pipelines.get(slug);
        if (pipeline === undefined) return missing(`pipeline "${slug}" in "${organization}"`);
        if (pipeline.stepKeys === null) return { ok: true, value: null };
        const steps = pipeline.stepKeys.map((key) => `  - key: ${key}\n    command: make\n`);
        return { ok: true, value: `steps:\n${steps.join('')}` };
      }),
    build: (slugOrUuid, wanted, signal) =>
      answer('build', [slugOrUuid, wanted], signal, () => {
        const build = find(slugOrUuid);
        return build === undefined
          ? missing(`build ${slugOrUuid}`)
          : { ok: true, value: withJobs(build, wanted) };
      }),
    triggeredBuilds: (uuid, signal) =>
      answer('triggeredBuilds', [uuid], signal, () =>
        world.builds.has(uuid)
          ? { ok: true, value: world.triggered.get(uuid) ?? [] }
          : missing(`build ${uuid}`),
      ),
    builds: async (uuids, wanted, signal) => {
      const whole = await answer('builds', [uuids, wanted], signal, () => ({ ok: true, value: null }));
      if (!whole.ok) return uuids.map(() => whole);
      return uuids.map((uuid) => {
        const build = world.builds.get(uuid);
        return build === undefined ? missing(`build ${uuid}`) : { ok: true, value: withJobs(build, wanted) };
      });
    },
    buildOfDrill: (organization, pipeline, mark, signal) =>
      answer('buildOfDrill', [organization, pipeline, mark], signal, () => {
        const ours = [...world.builds.values()].find(
          (build) => build.pipeline === pipeline && hasMark(build.metaData, mark),
        );
        return { ok: true, value: ours === undefined ? null : withJobs(ours, []) };
      }),
    stepHistory: (organization, pipeline, step, limit, signal) =>
      answer('stepHistory', [organization, pipeline, step, limit], signal, () => {
        if (organization !== world.organization)
          return missing(`organization "${organization}"`, { missing: 'organization' });
        if (!world.pipelines.has(pipeline)) return missing(`pipeline "${pipeline}" in "${organization}"`);
        return { ok: true, value: { durations: past(pipeline, step).slice(0, limit) } };
      }),
    pastJobs: (organization, pipeline, after, signal) =>
      answer('pastJobs', [organization, pipeline, after], signal, () => {
        if (organization !== world.organization)
          return missing(`organization "${organization}"`, { missing: 'organization' });
        if (!world.pipelines.has(pipeline)) return missing(`pipeline "${pipeline}" in "${organization}"`);
        const ended = [...world.jobs.values()]
          .reverse()
          .filter((job) => world.builds.get(job.buildId)?.pipeline === pipeline && job.state === 'finished')
          .map(({ id, stepKey, passed, startedAt, finishedAt }) => {
            return { id, step: stepKey, passed, startedAt, finishedAt };
          });
        const from = after === null ? 0 : ended.findIndex(({ id }) => id === after) + 1;
        const jobs = ended.slice(from, from + 100);
        const more = from + 100 < ended.length;
        return { ok: true, value: { jobs, next: more ? (jobs.at(-1)?.id ?? null) : null } };
      }),
    pastWorkers: (organization, pipeline, signal) =>
      answer('pastWorkers', [organization, pipeline], signal, () => {
        if (organization !== world.organization)
          return missing(`organization "${organization}"`, { missing: 'organization' });
        if (!world.pipelines.has(pipeline)) return missing(`pipeline "${pipeline}" in "${organization}"`);
        const agents = [...world.jobs.values()]
          .reverse()
          .filter((job) => world.builds.get(job.buildId)?.pipeline === pipeline && job.state === 'finished')
          .flatMap(({ agentId }) => (agentId === null ? [] : [agentId]));
        return { ok: true, value: [...new Set(agents)] };
      }),
    job: (uuid, signal) =>
      answer('job', [uuid], signal, () => {
        const job = world.jobs.get(uuid);
        return job === undefined
          ? missing(`job ${uuid}`)
          : { ok: true, value: { ...job, events: job.events ?? [] } };
      }),
    agent: (organization, uuid, signal) =>
      answer('agent', [organization, uuid], signal, () => {
        const agent = world.agents.get(uuid);
        if (agent === undefined) return missing(`agent ${uuid}`);
        const jobs = [...world.jobs.values()].filter((job) => job.agentId === uuid).reverse();
        return {
          ok: true,
          value: { agent: { ...agent, jobs: jobs.map((job) => job.id) }, jobs: jobs.map(light) },
        };
      }),
    agentsWithTag: (organization, tag, signal) =>
      answer('agentsWithTag', [organization, tag], signal, () => {
        const tagged = [...world.agents.values()].filter((agent) =>
          Object.entries(agent.tags).some(([key, value]) => `${key}=${value}` === tag),
        );
        const agents = tagged
          .filter((agent) => !hasAgentLeft(agent) && !world.unfiltered.has(agent.id))
          .map((agent) => ({ ...agent, jobs: null }));
        return { ok: true, value: { agents, complete: true } };
      }),
    agents: (organization, signal) =>
      answer('agents', [organization], signal, () => {
        if (organization !== world.organization)
          return missing(`organization "${organization}"`, { missing: 'organization' });
        const there = [...world.agents.values()].filter((agent) => !hasAgentLeft(agent));
        return {
          ok: true,
          value: { agents: there.map((agent) => ({ ...agent, jobs: null })), complete: true },
        };
      }),
    createBuild: (call, signal) =>
      Promise.resolve(carryOut(script.enter('createBuild', [call], signal), () => create(call))),
    cancelBuild: (call, signal) =>
      Promise.resolve(
        carryOut(script.enter('cancelBuild', [call], signal), () => {
          update(world.builds, call.buildId, { state: 'canceling', rawState: 'CANCELING' });
          return { ok: true, value: null };
        }),
      ),
    clock: () => world.clock,
    budget: () => {
      const known = requests === 0 ? { user: null, organization: null, recent: 0 } : world.budget;
      const { user, organization } = known;
      const lowest = { user: user?.remaining ?? null, organization: organization?.remaining ?? null };
      return { ...known, points: requests, requests, lowest };
    },
  };
}
