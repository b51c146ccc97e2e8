import type { ContainerDefinition, Task } from '../model/entities/task.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { byBuildkite, byInstance, clocksOf, type Stamp } from '../evidence/clocks.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import { findFinishTime } from '../evidence/job-times.ts';
import type { Target } from '../journal/events.ts';
import { listStoppedAfter } from '../worker/stop-window.ts';
import { no, unasked, unknown, yes, type Answered, type Check } from './check.ts';
import { formatClockTime } from './times.ts';

interface Watched {
  readonly name: string;
  readonly exit: number;
  readonly outlives: boolean;
}

function definitionsOf(evidence: Evidence, task: Task): readonly ContainerDefinition[] {
  return evidence.last('task-definition', task.definition)?.value.containers ?? [];
}

/** The first read that shows the sidecar STOPPED and the agent's container not: the API gives no other evidence of the order. */
function findSidecarFirst(evidence: Evidence, arn: string, sidecar: string, agent: string): number | null {
  const status = (task: Task, name: string): string | undefined =>
    task.containers.find((container) => container.name === name)?.status;
  const proof = evidence.firstLook(
    'task',
    arn,
    (task) => status(task, sidecar) === 'STOPPED' && (status(task, agent) ?? 'STOPPED') !== 'STOPPED',
  );
  return proof?.seq ?? null;
}

/** The last sign of life of the agent, by Buildkite's clock. */
function findLastSign(evidence: Evidence, { agentId, jobId }: Target): Stamp | null {
  const agent = evidence.last('agent', agentId)?.value;
  const job = jobId === null ? null : evidence.last('job', jobId)?.value;
  const left = agent?.lostAt === null ? agent.disconnectedAt : null;
  const signs = [job == null ? null : findFinishTime(job), left === null ? null : byBuildkite(left)];
  return signs.filter((sign) => sign !== null).toSorted((a, b) => b.at - a.at)[0] ?? null;
}

/**
 * `executionStoppedAt` is the end of the first essential container: if it lies before the agent's last sign of life, and only
 * one other container is essential, that one ended first (verdict rule 9). On EC2 the time is by the instance's unknown clock.
 */
function judgeSidecarTimes(
  evidence: Evidence,
  { seq, value: task }: Sighting<Task>,
  sidecar: string,
): Answered | null {
  const { target } = evidence;
  const { executionStoppedAt: ended, instanceArn, containers } = task;
  if (target === null || ended === null || instanceArn !== null) return null;
  const others = definitionsOf(evidence, task).filter(
    (one) => one.essential && one.name !== target.container,
  );
  if (others.length !== 1 || others[0]?.name !== sidecar) return null;
  if (containers.find(({ name }) => name === target.container)?.exitCode !== 0) return null;
  const sign = findLastSign(evidence, target);
  if (sign === null) return null;
  if (clocksOf(evidence).order(byInstance(ended, task), sign) !== 'before') return null;
  return no(
    'sidecar-cut',
    `container ${sidecar} ended at ${formatClockTime(ended)}, as the first essential one, and ${target.container} showed life until ${formatClockTime(sign.at)}`,
    [seq, evidence.last('agent', target.agentId)?.seq ?? null],
  );
}

function judgeSidecar(evidence: Evidence, { name, exit, outlives }: Watched): Answered {
  const { target } = evidence;
  const seen = target === null ? null : evidence.last('task', target.taskArn);
  if (target === null || seen === null) return unknown('the target task was never read');
  const container = seen.value.containers.find((one) => one.name === name);
  if (container === undefined)
    return unknown(`the task shows no container ${name}`, [seen.seq], 'evidence-missing');
  const first = outlives ? findSidecarFirst(evidence, target.taskArn, name, target.container) : null;
  if (first !== null)
    return no(
      'sidecar-cut',
      `container ${name} was STOPPED while ${target.container} still ran${container.exitCode === null ? '' : `, with exit code ${String(container.exitCode)}`}`,
      [first],
    );
  if (!hasTaskEnded(seen.value)) return unknown(`container ${name} is ${container.status}`, [seen.seq]);
  if (container.exitCode === null)
    return unknown(`ECS shows no exit code of container ${name}`, [seen.seq], 'evidence-missing');
  if (container.exitCode !== exit)
    return no('sidecar-cut', `container ${name} exited ${String(container.exitCode)}, not ${String(exit)}`, [
      seen.seq,
    ]);
  const before = outlives ? judgeSidecarTimes(evidence, seen, name) : null;
  if (before !== null) return before;
  if (!outlives) return yes(`container ${name} exited ${String(exit)}`, [seen.seq]);
  const definitions = definitionsOf(evidence, seen.value);
  const agent = seen.value.containers.find((one) => one.name === target.container);
  if (listStoppedAfter(target.container, definitions).includes(name) && agent?.exitCode === 0)
    return yes(
      `container ${name} exited ${String(exit)}, and ${target.container} depends on it: it was stopped after it`,
      [seen.seq],
    );
  return unknown(
    `container ${name} exited ${String(exit)}; nothing shows that it outlived ${target.container}: let ${target.container} depend on it (dependsOn)`,
    [seen.seq],
    'evidence-missing',
  );
}

export const sidecars: Check = {
  name: 'sidecars',
  asks: 'Did the watched containers exit cleanly, and after the agent?',
  needed: true,
  judge({ evidence }) {
    if (evidence.injection === null) return unasked('nothing was injected');
    const watched = Object.entries(evidence.plan.scenario.expect.containers).map(
      ([name, { exit, outlives }]) => ({
        name,
        exit,
        outlives: outlives === 'agent',
      }),
    );
    if (watched.length === 0) return unasked('the scenario watches no other container (expect.containers)');
    const answers = watched.map((one) => judgeSidecar(evidence, one));
    const worst =
      answers.find(({ holds }) => holds === 'no') ??
      answers.find(({ holds }) => holds === 'unknown') ??
      answers[0];
    if (worst === undefined) return unasked('no container is watched');
    const said = worst.holds === 'yes' ? answers.map((answer) => answer.said).join('; ') : worst.said;
    return { ...worst, said };
  },
};
