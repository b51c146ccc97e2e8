import type { Job } from '../model/entities/job.ts';
import type { Task } from '../model/entities/task.ts';
import { isJudged, findLossByDeath, hasTrulyPassed, type Attempt } from '../evidence/attempts.ts';
import { no, unasked, unknown, yes, type Case, type Check } from './check.ts';
import { byBuildkite, clocksOf } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import {
  findAgentContainer,
  joinCommandLine,
  type AgentContainer,
  workerOf,
} from '../evidence/agent-container.ts';
import { describeOffset, seconds } from './times.ts';

const OUT_OF_MEMORY = /^OutOfMemory/;
const KILLED = 137;

/** Whether ECS names a lack of memory on the agent's container, whether or not it ended the container. */
export function hasMemoryReason({ container }: AgentContainer): boolean {
  return OUT_OF_MEMORY.test(container?.reason ?? '');
}

/**
 * Whether the agent's container was killed for lack of memory clearly before its stop time-out. Docker keeps the mark of an
 * earlier kill inside the container, so the mark explains only exit code 137, and only before the time-out (verdict rule 17).
 */
export function hasDiedOfMemory(agent: AgentContainer): boolean {
  return hasMemoryReason(agent) && agent.container?.exitCode === KILLED && !agent.atTimeout;
}

/** A judged job that was killed (137); lack of memory in the container explains that better than the stop. */
export function findKilledJob(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.filter(isJudged).find(({ job, loss }) => {
    if (loss !== null || job.passed || job.state !== 'finished' || job.signalReason !== null) return false;
    return job.exitStatus === String(KILLED) || /^(?:SIG)?KILL$/i.test(job.signal ?? '');
  });
}

export const memory: Check = {
  name: 'memory',
  asks: 'Did the container have enough memory?',
  needed: false,
  judge({ evidence, attempts }) {
    const agent = evidence.injection === null ? null : findAgentContainer(evidence);
    if (agent === null) return unasked('nothing was injected');
    const reason = agent.container?.reason ?? '';
    if (!hasMemoryReason(agent)) return yes('ECS names no lack of memory', [agent.task.seq]);
    const job = findKilledJob(attempts);
    if (job !== undefined)
      return no(
        'out-of-memory',
        `job ${job.job.id} was killed (exit status ${job.job.exitStatus ?? 'none'}), and ECS names lack of memory: ${reason}`,
        [agent.task.seq, job.seen.seq],
      );
    if (!hasDiedOfMemory(agent))
      return yes('ECS names OutOfMemoryError, but that does not explain how the container ended', [
        agent.task.seq,
      ]);
    // Without the time of its end, a kill long before the time-out looks like one at the time-out.
    if (agent.lasted === null)
      return unknown('ECS names OutOfMemoryError, but does not show yet when the container ended', [
        agent.task.seq,
      ]);
    return no(
      'out-of-memory',
      `the agent's container was killed for lack of memory, ${describeOffset(agent.lasted, 'the stop')}, before its stopTimeout of ${seconds(agent.stopTimeout)}: ${reason}`,
      [agent.task.seq],
    );
  },
};

const HOST_CODES: ReadonlySet<string> = new Set([
  'TerminationNotice',
  'SpotInterruption',
  'InfrastructureHealth',
]);

/** What ECS says if the host went away and the task with it; null if ECS says nothing of the kind. */
export function explainHostGone({ stopCode, stoppedReason }: Task): string | null {
  const gone = HOST_CODES.has(stopCode ?? '') || /^Host EC2 /.test(stoppedReason ?? '');
  return gone ? `ECS shows ${stopCode ?? 'no stop code'}: ${stoppedReason ?? ''}` : null;
}

export const host: Check = {
  name: 'host',
  asks: 'Did the host of the task stay?',
  needed: false,
  judge({ evidence }) {
    const task = evidence.injection === null ? null : evidence.last('task', evidence.injection.taskArn);
    if (task === null || evidence.injection?.by === 'found') return unasked('nothing was injected');
    const gone = explainHostGone(task.value);
    const call = findDecisiveCall(evidence)?.call;
    const isOurs = call?.kind === 'start-experiment' && call.does === 'interrupt-host';
    // What our experiment takes away is no disturbance; whether the experiment did it is another check's question.
    if (gone !== null && isOurs) return yes(`the experiment takes the host: ${gone}`, [task.seq]);
    if (gone !== null) return no('host-gone', gone, [task.seq]);
    return yes('ECS shows no loss of the host', [task.seq]);
  },
};

/**
 * Who canceled a build: the person whom Buildkite names, else "a user" if the history of the jobs shows one. Null if neither
 * names anybody, for example when a newer build of the branch canceled it.
 */
export function findCanceler(evidence: Evidence, buildId: string): string | null {
  const named = evidence.last('build', buildId)?.value.canceledBy ?? null;
  if (named !== null) return named;
  const isByUser = evidence
    .every('job')
    .filter(({ value }) => value.buildId === buildId)
    .flatMap(({ id }) => evidence.values('job', id).flatMap(({ events }) => events ?? []))
    .some(({ type, actor }) => CANCELATIONS.has(type) && actor === 'user');
  return isByUser ? "a user whom the job's history does not name" : null;
}

const CANCELATIONS: ReadonlySet<string> = new Set(['CANCELATION', 'CANCELED']);

function explainCanceledJob(job: Job): string | null {
  if (job.state === 'canceled' || job.state === 'canceling') return `job ${job.id} was canceled`;
  if (job.state === 'timed_out' || job.state === 'timing_out')
    return `job ${job.id} ran into its step's own time-out`;
  if (job.signalReason === 'cancel') return `job ${job.id} ended with signal reason cancel`;
  return null;
}

/** A loss before the cancellation still counts (verdict, stage B), and so does the container's death, even if Buildkite noticed it later (rule 17). */
function hasLossBefore({ evidence, attempts }: Case, seq: number): boolean {
  return attempts.filter(isJudged).some(({ loss, job }) => {
    if (loss === null) return false;
    if (findLossByDeath(evidence, job) !== null) return true;
    const lost = (job.events ?? []).find(({ type }) => type === 'AGENT_LOST')?.at ?? null;
    const canceledAt = job.canceledAt ?? evidence.last('build', job.buildId)?.value.canceledAt ?? null;
    if (lost === null || canceledAt === null) return loss.seq < seq || job.state === 'canceled';
    return clocksOf(evidence).order(byBuildkite(lost), byBuildkite(canceledAt)) === 'before';
  });
}

export const notCanceled: Check = {
  name: 'not-canceled',
  asks: 'Did the build and its judged jobs run without being canceled?',
  needed: false,
  judge(about) {
    const { evidence, attempts } = about;
    const build = evidence.buildId === null ? null : evidence.last('build', evidence.buildId);
    if (build === null) return unasked('there was no build');
    const { value } = build;
    const canceled = evidence.firstLook('build', value.id, ({ state }) =>
      ['canceled', 'canceling'].includes(state),
    );
    if (canceled !== undefined && !hasLossBefore(about, canceled.seq)) {
      const who =
        findCanceler(evidence, value.id) ?? 'Buildkite itself (a newer build of the branch, or a rule)';
      return no('build-canceled', `build ${String(value.number)} was canceled by ${who}`, [canceled.seq]);
    }
    for (const attempt of attempts.filter(isJudged)) {
      const said = explainCanceledJob(attempt.job);
      if (said !== null && attempt.loss === null) return no('build-canceled', said, [attempt.seen.seq]);
    }
    return yes('nobody canceled the build or a judged job', [build.seq]);
  },
};

/** Neither soft-failed nor fixed by a retry. */
function hasFailedForGood(job: Job, attempts: readonly Attempt[]): boolean {
  let last = job;
  for (let hops = 0; hops < 50; hops += 1) {
    const next = attempts.find((other) => other.job.retryOf === last.id);
    if (next === undefined) break;
    last = next.job;
  }
  return !last.softFailed && !hasTrulyPassed(last);
}

export const lossElsewhere: Check = {
  name: 'loss-elsewhere',
  asks: 'Was no job lost on a task that was not stopped?',
  needed: false,
  judge({ evidence, attempts }) {
    if (evidence.injection === null || evidence.buildId === null) return unasked('nothing was injected');
    const build = evidence.last('build', evidence.buildId);
    if (build === null) return unknown('the build was never read');
    const losses = attempts.filter(
      (attempt) => ['elsewhere', 'retry'].includes(attempt.role) && attempt.loss !== null,
    );
    const reddening = losses.find(
      ({ job }) => job.buildId === evidence.buildId && hasFailedForGood(job, attempts),
    );
    const own = attempts.some((attempt) => isJudged(attempt) && attempt.loss !== null);
    const red = build.value.state === 'failed' || build.value.state === 'failing';
    const first = reddening ?? losses[0];
    if (first === undefined) return yes('no job was lost elsewhere', [build.seq]);
    const said = `job ${first.job.id} (${first.job.stepKey ?? 'no step key'}), on a task that was not stopped, was lost: ${first.loss?.by ?? ''}`;
    if (own || !red || reddening === undefined)
      return yes('a job was lost elsewhere, which does not decide the verdict', [first.seen.seq], [said]);
    return no('unrelated-loss', said, [first.seen.seq, build.seq]);
  },
};

export const pid1: Check = {
  name: 'pid1',
  asks: 'Did the container have a real PID 1?',
  needed: false,
  judge({ evidence }) {
    const { rig } = evidence.plan;
    if (evidence.injection === null) return unasked('nothing was injected');
    if (rig === null || rig.pid1) return unasked('the containers have a real PID 1');
    const agent = findAgentContainer(evidence);
    const definition = agent?.definition ?? null;
    // GD_DRILL_PLANNED holds the rig's facts.
    const events = [evidence.events('GD_DRILL_PLANNED')[0]?.seq ?? null, agent?.task.seq ?? null];
    if (workerOf(evidence)?.start.isAgentFirst === true)
      return yes('no real PID 1, but the container starts the agent itself', events);
    const because = rig.noPid1 === undefined ? '' : ` (${rig.noPid1.said})`;
    const started = definition === null ? 'something unknown' : joinCommandLine(definition).join(' ');
    return no(
      'no-pid1-semantics',
      `the ${rig.executor} executor has no PID 1${because}, and the agent's container starts ${started}`,
      events,
    );
  },
};

/** The tag by which the rig tells its idle agents. */
const IDLE_AGENT = { tag: 'gameday-rig', value: 'idle-agent' } as const;

export const realWorker: Check = {
  name: 'real-worker',
  asks: 'Did a process stand behind the worker?',
  needed: false,
  judge({ evidence }) {
    if (evidence.plan.rig?.tasksWithProcesses === undefined)
      return unasked('no worker was one that only idles');
    const agent = evidence.last('agent', evidence.target?.agentId ?? '');
    if (evidence.injection === null || agent === null) return unasked('nothing was injected');
    if (agent.value.tags[IDLE_AGENT.tag] !== IDLE_AGENT.value)
      return yes('the worker ran processes', [agent.seq]);
    return no(
      'idle-stand-in',
      `agent ${agent.value.name} only registered with the rig: no process stood behind it that could drain`,
      [agent.seq],
    );
  },
};
