import { connection } from './connections.ts';
import type { PageArgs } from './connections.ts';
import { graphqlId } from './ids.ts';
import { isCommand, serverNow } from './model.ts';
import type { Actor, CommandJob, Exit, Job, JobEvent, World } from './model.ts';
import { isOpenBlock } from './progress.ts';
import type { RetryRule } from './steps.ts';
import { iso, userView } from './view.ts';
import type { View, Views } from './view.ts';

/** A job of any type. */
export function jobView(views: Views, job: Job): View {
  if (isCommand(job)) return commandView(views, job);
  const { uuid, state, label } = job;
  const base = { id: graphqlId('Job', uuid), uuid, state, label, ...attemptFields(views, job) };
  if (job.step.kind === 'wait')
    return { __typename: 'JobTypeWait', ...base, step: stepView(job, 'StepWait') };
  if (job.step.kind === 'trigger')
    return {
      __typename: 'JobTypeTrigger',
      ...base,
      step: stepView(job, 'StepTrigger'),
      async: job.step.async,
      triggered: () => (job.triggered === null ? null : views.build(job.triggered)),
    };
  return {
    __typename: 'JobTypeBlock',
    ...base,
    step: stepView(job, 'StepInput'),
    isUnblockable: isOpenBlock(job),
    unblockedAt: iso(job.unblockedAt),
    unblockedBy: () => userView(job.unblockedBy),
  };
}

function attemptFields(views: Views, job: Job): View {
  const { retried, retriesCount, retryType, retrySource } = job;
  return {
    ...{ retried, retriesCount, retryType },
    retriedBy: () => userView(job.retriedBy),
    retrySource: () => (retrySource === null ? null : views.job(retrySource)),
    build: () => views.build(job.build),
  };
}

function commandView(views: Views, job: CommandJob): View {
  const { world } = views;
  const { uuid, state, label, command, passed, softFailed, build, agent, exit, step } = job;
  return {
    __typename: 'JobTypeCommand',
    id: graphqlId('Job', uuid),
    ...{
      uuid,
      state,
      label,
      command,
      passed,
      softFailed,
      startedAt: job.startedAt,
      finishedAt: job.finishedAt,
    },
    url: `${world.url}/${world.organization.slug}/${build.pipeline.slug}/builds/${build.number}#${uuid}`,
    ...attemptFields(views, job),
    pipeline: () => views.pipeline(build.pipeline),
    agent: () => (agent === null ? null : views.agent(agent)),
    agentQueryRules: job.rules,
    env: Object.entries({ ...build.env, ...job.env }).map(([key, value]) => `${key}=${value}`),
    exitStatus: exit?.exitStatus ?? null,
    signal: exit?.signal ?? null,
    signalReason: reasonOf(exit),
    matrix: job.matrix?.values[''] ?? job.matrix?.values ?? null,
    concurrency:
      step.concurrency === null ? null : { group: step.concurrency.group, limit: step.concurrency.limit },
    parallelGroupIndex: job.parallelIndex,
    parallelGroupTotal: job.parallelTotal,
    priority: { number: step.priority },
    step: stepView(job, 'StepCommand'),
    retryRules: { manual: step.retry.manual, automatic: step.retry.automatic.map(ruleView) },
    createdAt: iso(job.createdAt),
    scheduledAt: iso(job.scheduledAt),
    runnableAt: iso(job.runnableAt),
    canceledAt: iso(job.canceledAt),
    automaticArtifactUploadPaths: step.artifactPaths,
    ...{ brokenReason: null, expiredAt: null, promisedExitStatus: null, promisedExitStatusAt: null },
    events: (args: PageArgs) =>
      connection(shownEvents(views.world, job), args, (event) => eventView(views, job, event)),
  };
}

/** History may lag behind the job itself (BK-36). */
function shownEvents(world: World, job: Job): readonly JobEvent[] {
  const until = serverNow(world) - world.knobs.historyLagMs;
  return job.events.filter(({ at }) => at <= until);
}

function stepView(job: Job, typename: string): View {
  const { step, stepUuid, build } = job;
  const dependencies = (step.dependsOn ?? []).map((dependency) => {
    const uuid = build.steps.find((other) => other.step.key === dependency.step)?.uuid ?? stepUuid;
    return { uuid, id: uuid, key: dependency.step, allowFailure: dependency.allowFailure };
  });
  return {
    __typename: typename,
    key: step.key,
    uuid: stepUuid,
    conditional: null,
    dependencies: (args: PageArgs) => connection(dependencies, args, (dependency) => dependency),
  };
}

function ruleView(rule: RetryRule): View {
  const status = typeof rule.exitStatus === 'string' ? '*' : rule.exitStatus.join(',');
  return {
    exitStatus: status,
    limit: String(rule.limit),
    signal: rule.signal,
    signalReason: rule.signalReason,
  };
}

const REASONS: readonly string[] = [
  ...['AGENT_INCOMPATIBLE', 'AGENT_REFUSED', 'AGENT_STOP', 'CANCEL', 'PROCESS_RUN_ERROR'],
  ...['SIGNATURE_REJECTED', 'STACK_ERROR'],
];

function reasonOf(exit: Exit | null | undefined): string | null {
  const reason = exit?.signalReason?.toUpperCase();
  return reason !== undefined && REASONS.includes(reason) ? reason : null;
}

function eventView(views: Views, job: Job, event: JobEvent): View {
  const { uuid, type, typename, exit, assignedAgent, automaticRule, retriedInJob } = event;
  const base = {
    __typename: typename,
    ...{ uuid, type, id: graphqlId('JobEvent', uuid), timestamp: iso(event.at) },
    actor: actorView(views, event.actor),
    job: () => views.job(job),
  };
  const ended =
    exit === undefined
      ? {}
      : { exitStatus: Number(exit.exitStatus), signal: exit.signal, signalReason: reasonOf(exit) };
  const assigned = assignedAgent === undefined ? {} : { assignedAgent: () => views.agent(assignedAgent) };
  const retried =
    retriedInJob === undefined
      ? {}
      : {
          retriedInJob: () => views.job(retriedInJob),
          automaticRule: automaticRule === undefined ? null : ruleView(automaticRule),
        };
  return { ...base, ...ended, ...assigned, ...retried };
}

function actorView(views: Views, actor: Actor): View {
  const node =
    actor.type === 'AGENT' ? views.agent(actor.agent) : actor.type === 'USER' ? userView(actor.user) : null;
  return { type: actor.type, node, uuid: node?.['uuid'] ?? null };
}
