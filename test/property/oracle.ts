import type { Agent } from '../../src/model/entities/agent.ts';
import type { Job } from '../../src/model/entities/job.ts';
import type { Task } from '../../src/model/entities/task.ts';
import { eventsOf, type DrillEvent } from '../../src/journal/events.ts';

/**
 * What a pass must rest on, read from the raw events and written from the rules of evidence alone: it shares nothing
 * with the checks. It asks for less than they do, never for something else: what it denies must never be a pass.
 */
interface Raw {
  readonly intended: number;
  readonly reason: string;
  readonly arn: string;
  readonly jobId: string;
  readonly agentId: string;
  readonly container: string;
  readonly jobs: readonly { readonly seq: number; readonly job: Job }[];
  readonly tasks: readonly { readonly seq: number; readonly task: Task }[];
  readonly agent: Agent | null;
  readonly journal: readonly DrillEvent[];
}

function rawOf(journal: readonly DrillEvent[]): Raw | null {
  const intent = eventsOf(journal, 'GD_FAULT_INTENDED')[0];
  const target = eventsOf(journal, 'GD_TARGET_CHOSEN').at(-1)?.payload.target;
  if (intent?.payload.call.kind !== 'stop-task' || target === undefined) return null;
  const facts = eventsOf(journal, 'GD_OBSERVED').flatMap(({ seq, payload }) =>
    payload.facts.map((fact) => ({ seq, fact })),
  );
  const answers = eventsOf(journal, 'GD_FAULT_SENT').flatMap(({ seq, payload }) =>
    payload.task === null ? [] : [{ seq, task: payload.task }],
  );
  return {
    intended: intent.seq,
    reason: intent.payload.call.reason,
    arn: intent.payload.call.taskArn,
    jobId: target.jobId ?? '',
    agentId: target.agentId,
    container: target.container,
    jobs: facts.flatMap(({ seq, fact }) => (fact.kind === 'job' ? [{ seq, job: fact.value }] : [])),
    tasks: [
      ...answers,
      ...facts.flatMap(({ seq, fact }) => (fact.kind === 'task' ? [{ seq, task: fact.value }] : [])),
    ].filter(({ task }) => task.arn === target.taskArn),
    agent:
      facts
        .flatMap(({ fact }) => (fact.kind === 'agent' && fact.id === target.agentId ? [fact.value] : []))
        .at(-1) ?? null,
    journal,
  };
}

function landed({ tasks, intended, reason }: Raw): boolean {
  return tasks.some(
    ({ seq, task }) =>
      seq > intended &&
      task.desired === 'STOPPED' &&
      task.stoppedReason === reason &&
      task.stopCode !== 'ServiceSchedulerInitiated',
  );
}

function last(raw: Raw, id: string): Job | null {
  return raw.jobs.filter(({ job }) => job.id === id).at(-1)?.job ?? null;
}

function ends(job: Job): readonly number[] {
  return [
    job.finishedAt,
    ...(job.events ?? []).filter(({ type }) => type === 'FINISHED').map(({ at }) => at),
  ].filter((at) => at !== null);
}

/** Some read that was sent after the first sign of the stop shows the job unfinished, or its ends lie after the stop, or it never ended by itself. */
function inFlight(raw: Raw): boolean {
  const sign =
    eventsOf(raw.journal, 'GD_FAULT_SENT').find(({ payload }) => payload.result === 'ok')?.payload
      .answeredAt ?? 0;
  const later = raw.jobs.filter(({ seq, job }) => seq > raw.intended && job.id === raw.jobId);
  const reads = eventsOf(raw.journal, 'GD_OBSERVED')
    .filter(({ seq }) => seq > raw.intended)
    .flatMap(({ seq, payload }) => payload.reads.map((read) => ({ seq, read })))
    .filter(({ read }) => read.ok && read.subject.id === raw.jobId && read.sentAt >= sign);
  const shown = reads.some(({ seq }) => {
    const known = raw.jobs.filter((one) => one.job.id === raw.jobId && one.seq <= seq).at(-1)?.job;
    return known?.agentId === raw.agentId && ['running', 'canceling', 'timing_out'].includes(known.state);
  });
  const stopping = raw.tasks.find(({ seq, task }) => seq > raw.intended && task.stoppingAt !== null)?.task
    .stoppingAt;
  const ended = later.at(-1)?.job;
  const byTimes =
    stopping != null && ended !== undefined && ends(ended).length > 0 && Math.min(...ends(ended)) > stopping;
  const known = last(raw, raw.jobId);
  return shown || byTimes || (known !== null && lost(raw, known));
}

function lost(raw: Raw, job: Job): boolean {
  const every = raw.jobs.filter((one) => one.job.id === job.id).flatMap((one) => one.job.events ?? []);
  // Buildkite may show the agent's loss before the job's.
  const silentAgent =
    !['finished', 'canceled', 'timed_out'].includes(job.state) &&
    job.agentId === raw.agentId &&
    (raw.agent?.lostAt ?? 0) > (eventsOf(raw.journal, 'GD_FAULT_INTENDED')[0]?.at ?? Infinity) - 5_000;
  const silent = job.exitStatus === '-1' && job.signal === null && job.signalReason === null;
  return (
    silentAgent ||
    silent ||
    every.some(({ type }) => type === 'AGENT_LOST') ||
    (every.some(({ type }) => type === 'AGENT_DISCONNECTED') &&
      !every.some(({ type }) => type === 'FINISHED'))
  );
}

function ownContainer(raw: Raw): Task['containers'][number] | undefined {
  return raw.tasks.at(-1)?.task.containers.find(({ name }) => name === raw.container);
}

/** Whether anything of the journal contradicts `drained`, or a needed proof is absent. */
export function mayBeDrained(journal: readonly DrillEvent[]): boolean {
  const raw = rawOf(journal);
  if (raw === null || !landed(raw) || !inFlight(raw)) return false;
  const job = last(raw, raw.jobId);
  if (job?.state !== 'finished' || !job.passed || job.exitStatus !== '0' || job.softFailed || job.retried)
    return false;
  if (raw.jobs.some((one) => one.job.retryOf === raw.jobId)) return false;
  // What was over before the stop is nobody's business now.
  const earlier = new Set(
    raw.jobs.filter((one) => one.seq < raw.intended && one.job.state === 'finished').map((one) => one.job.id),
  );
  const ids = new Set(
    raw.jobs
      .filter((one) => one.job.agentId === raw.agentId && !earlier.has(one.job.id))
      .map((one) => one.job.id),
  );
  const final = [...ids].map((id) => last(raw, id)).filter((one) => one !== null);
  if (final.some((one) => lost(raw, one) || one.signalReason === 'agent_stop')) return false;
  const { agent } = raw;
  if (agent === null || !['disconnected', 'stopped'].includes(agent.connection)) return false;
  if (agent.lostAt !== null || agent.stoppedGracefullyBy !== null || agent.stopForcedBy !== null)
    return false;
  const code = ownContainer(raw)?.exitCode;
  return code === 0 || code === 143;
}

/** Whether the journal holds an attempt that was lost or stopped, and an automatic retry of it that passed elsewhere. */
export function mayBeHandedOver(journal: readonly DrillEvent[]): boolean {
  const raw = rawOf(journal);
  if (raw === null || !landed(raw) || !inFlight(raw)) return false;
  const job = last(raw, raw.jobId);
  const allowed =
    eventsOf(journal, 'GD_DRILL_PLANNED')[0]?.payload.plan.scenario.expect.handover === 'allowed';
  const hit = job !== null && (lost(raw, job) || job.signalReason === 'agent_stop');
  const retries = raw.jobs.filter((one) => one.job.retryOf === raw.jobId).map((one) => last(raw, one.job.id));
  const mended = retries.some(
    (retry) =>
      retry?.state === 'finished' && retry.passed && !retry.softFailed && retry.agentId !== raw.agentId,
  );
  const automatic = retries.every((retry) => retry?.retryType === 'automatic');
  const code = ownContainer(raw)?.exitCode;
  return allowed && hit && mended && automatic && (code === 0 || code === 137);
}
