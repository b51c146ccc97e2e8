import type { Fact } from '../../src/model/world.ts';
import {
  aBuild,
  aContainer,
  aContainerDefinition,
  AGENT_ID,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
  JOB_ID,
} from '../support/builders.ts';
import { AGENT_LOST, DRILL, fact, FINISHED, REASON, STARTED } from '../support/journal-builders.ts';
import {
  STOP,
  USER_TELLS,
  type StartName,
  type TrueAgent,
  type TrueHistory,
  type TrueJob,
} from './true-history.ts';

/** UUIDs under which the services show what the history names. */
export const ID = {
  target: JOB_ID,
  own: AGENT_ID,
  next: JOB_ID.replace(/1$/, '2'),
  neighbour: JOB_ID.replace(/1$/, '3'),
  past: JOB_ID.replace(/1$/, '4'),
  second: AGENT_ID.replace(/1$/, '2'),
} as const;
const AGENT_START = 'buildkite-agent start';
const INSTANCE = 'arn:aws:ecs:us-east-1:123456789012:container-instance/build-prod/1';
const FORMS: Readonly<Record<StartName, { readonly entryPoint: string[]; readonly command: string[] }>> = {
  exec: { entryPoint: ['buildkite-agent'], command: ['start'] },
  official: { entryPoint: [], command: ['start'] },
  tini: { entryPoint: ['tini', '--'], command: ['buildkite-agent', 'start'] },
  image: { entryPoint: [], command: ['buildkite-agent', 'start'] },
  sh: { entryPoint: ['sh', '-c'], command: [AGENT_START] },
  'tini-sh': { entryPoint: ['tini', '--', 'sh', '-c'], command: [AGENT_START] },
  dash: { entryPoint: ['dash', '-c'], command: [AGENT_START] },
  followed: { entryPoint: ['sh', '-c'], command: [`${AGENT_START}; echo done`] },
  trap: {
    entryPoint: ['sh', '-c'],
    command: [`trap 'kill -TERM $P' TERM; ${AGENT_START} & P=$!; wait $P; wait $P`],
  },
};

/** The task definition: the agent's container, one that depends on it or is essential beside it where there is one. */
export function definitionOf({ world }: TrueHistory): Fact {
  const { entryPoint, command } = FORMS[world.start];
  const own = aContainerDefinition({
    image: world.start === 'official' ? 'public.ecr.aws/buildkite/agent:3' : null,
    entryPoint,
    command:
      world.visibleOneShot && world.mode === 'hears' && command.at(-1) === 'start'
        ? [...command, '--disconnect-after-job']
        : command,
    stopTimeout: world.stopTimeout,
  });
  const proxy = aContainerDefinition({
    name: 'proxy',
    entryPoint: ['proxy'],
    command: [],
    essential: world.otherEssential,
    dependsOn: world.dependant > 0 ? ['agent'] : [],
    stopTimeout: 30_000,
  });
  return fact('task-definition', aTaskDefinition({ containers: hasProxy(world) ? [own, proxy] : [own] }));
}

function hasProxy(world: TrueHistory['world']): boolean {
  return world.dependant > 0 || world.otherEssential;
}

/** A job as Buildkite shows it at that instant; null before it is there. */
export function jobAt(history: TrueHistory, job: TrueJob, at: number): Fact | null {
  if (at < job.startedAt) return null;
  const { hostAhead } = history.world;
  const started = { ...STARTED, at: job.startedAt + 200 };
  const base = {
    id: ID[job.id],
    stepKey: job.id === 'target' ? 'integration' : job.id,
    agentId: ID[job.agent],
    startedAt: job.startedAt + hostAhead,
    events: [started],
  };
  if (at >= job.finishedAt)
    return fact(
      'job',
      aJob({
        ...base,
        ...{ state: 'finished', rawState: 'FINISHED', passed: true, exitStatus: '0' },
        finishedAt: job.endedAt + hostAhead,
        events: [started, { ...FINISHED, at: job.finishedAt }],
      }),
    );
  if (at >= job.lostAt)
    return fact(
      'job',
      aJob({
        ...base,
        ...{ state: 'finished', rawState: 'FINISHED', passed: false, exitStatus: '-1' },
        finishedAt: job.lostAt,
        events: [started, { ...AGENT_LOST, at: job.lostAt }],
      }),
    );
  return fact('job', aJob(base));
}

/** A job that the target's agent had before. */
export function pastJob({ jobs, world }: TrueHistory): Fact {
  const ended = (jobs[0]?.startedAt ?? 0) - gapOf(world);
  return fact(
    'job',
    aJob({
      ...{ id: ID.past, stepKey: 'past', buildId: 'theirs', agentId: ID.own },
      ...{ state: 'finished', rawState: 'FINISHED', passed: true, exitStatus: '0' },
      startedAt: ended - 20_000 + world.hostAhead,
      finishedAt: ended + world.hostAhead,
      events: [
        { ...STARTED, at: ended - 19_800 },
        { ...FINISHED, at: ended + world.upload },
      ],
    }),
  );
}

/**
 * An agent that leaves by itself after so long without a job did not wait longer than that. A worker that a script of the host
 * stops is no witness either: that one would show no timer, and rule 5 knows of no such script.
 */
function gapOf({ mode, timer, pastGap }: TrueHistory['world']): number {
  if (mode === 'script') return Math.min(pastGap, 11_000);
  return mode === 'idle' ? Math.min(pastGap, timer - 100) : pastGap;
}

/** An agent as Buildkite shows it at that instant. */
export function agentAt(history: TrueHistory, agent: TrueAgent, at: number): Fact {
  const { world } = history;
  const isOneShot = world.mode === 'one-shot' || world.visibleOneShot;
  const own = history.jobs.filter(
    (job) => job.agent === agent.id && job.startedAt <= Math.max(at, STOP - 2_000),
  );
  const jobs = own.map((job) => ID[job.id]).toReversed();
  const toldBy = world.userTold && agent.id === 'own' ? USER_TELLS : null;
  const told = toldBy !== null && at >= toldBy && toldBy < agent.leftAt;
  const base = {
    id: ID[agent.id],
    version: world.version,
    connectedAt: STOP - 400_000,
    jobs: [...jobs, ...(isOneShot || agent.id === 'second' ? [] : [ID.past])],
    isRunningJob: own.some((job) => at < Math.min(job.finishedAt, job.lostAt)),
    stoppedGracefullyAt: told
      ? toldBy
      : agent.reportedAt !== null && at >= agent.reportedAt
        ? agent.reportedAt
        : null,
    stoppedGracefullyBy: told ? 'Ada' : null,
  };
  if (at >= agent.leftAt)
    return fact(
      'agent',
      anAgent({
        ...base,
        connection: 'disconnected',
        rawConnection: 'disconnected',
        disconnectedAt: agent.leftAt,
      }),
    );
  if (at >= agent.lostAt)
    return fact(
      'agent',
      anAgent({ ...base, connection: 'lost', rawConnection: 'lost', lostAt: agent.lostAt }),
    );
  return fact('agent', anAgent(base));
}

/** The task as ECS shows it at that instant: what happens to a container it notices a little later. */
export function taskAt(history: TrueHistory, at: number): Fact {
  const { world, containerEnd, exitCode } = history;
  const byEcs = (instant: number): number => instant + world.ecsAhead;
  const byHost = (instant: number): number =>
    world.fargate ? byEcs(instant) + (world.instanceAhead % 300) : instant + world.instanceAhead;
  const seenEnd = Math.max(containerEnd + world.noticed, STOP + 300);
  const stopped = seenEnd + 1_700;
  const proxyEnd = world.dependant > 0 ? history.dependantEnd : history.signal + 200;
  const firstEnd = world.otherEssential ? Math.min(containerEnd, proxyEnd) : containerEnd;
  const isOver = at >= seenEnd;
  const agent = aContainer(
    isOver
      ? { status: 'STOPPED', exitCode: world.exitCodeShown ? exitCode : null }
      : { status: 'RUNNING', exitCode: null },
  );
  const isProxyOver = at >= Math.min(proxyEnd + 300, stopped);
  const proxy = aContainer({
    name: 'proxy',
    status: isProxyOver ? 'STOPPED' : 'RUNNING',
    exitCode: isProxyOver ? 0 : null,
  });
  const containers = hasProxy(world) ? [agent, proxy] : [agent];
  const base = {
    containers,
    launchType: world.fargate ? ('FARGATE' as const) : ('EC2' as const),
    instanceArn: world.fargate ? null : INSTANCE,
    createdAt: byEcs(STOP - 500_000),
    startedAt: byEcs(STOP - 450_000),
  };
  if (at < STOP) return fact('task', aTask(base));
  const isGone = at >= stopped;
  const status = isGone ? 'STOPPED' : at < history.deregistered ? 'DEACTIVATING' : 'STOPPING';
  return fact(
    'task',
    aTask({
      ...base,
      status,
      ...{ desired: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: REASON },
      stoppingAt: byEcs(STOP),
      executionStoppedAt: at >= firstEnd + world.noticed || isGone ? byHost(firstEnd) : null,
      stoppedAt: isGone ? byEcs(stopped) : null,
      version: 4 + Number(at >= history.deregistered) + Number(isProxyOver) + Number(isOver) + Number(isGone),
    }),
  );
}

/** The build as Buildkite shows it at that instant. */
export function buildAt({ jobs }: TrueHistory, at: number): Fact {
  const isLost = jobs.some((job) => at >= job.lostAt);
  const isOver = jobs.every((job) => at >= Math.min(job.finishedAt, job.lostAt));
  const state = !isOver ? 'running' : isLost ? 'failed' : 'passed';
  return fact(
    'build',
    aBuild({
      ...{ state, rawState: state.toUpperCase(), metaData: { 'gameday-drill': DRILL } },
      jobs: jobs.filter((job) => job.startedAt <= Math.max(at, STOP - 2_000)).map((job) => ID[job.id]),
    }),
  );
}
