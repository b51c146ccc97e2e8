import type { ContainerDefinition, Task } from '../drill/entities/task.ts';
import { taskEnded } from '../drill/entities/task.ts';
import type { Evidence } from '../journal/evidence.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { seconds } from './times.ts';

const DEFAULT_STOP_TIMEOUT = 30_000;

interface Watched {
  readonly name: string;
  readonly exit: number;
  readonly outlives: boolean;
}

function definitionsOf(evidence: Evidence, task: Task): readonly ContainerDefinition[] {
  return evidence.last('task-definition', task.definition)?.value.containers ?? [];
}

/** The containers that a container depends on, directly or through others, in the order in which they are stopped after it. */
export function stoppedAfter(name: string, definitions: readonly ContainerDefinition[]): readonly string[] {
  const order: string[] = [];
  const visit = (one: string): void => {
    for (const next of definitions.find((definition) => definition.name === one)?.dependsOn ?? []) {
      if (order.includes(next) || next === name) continue;
      order.push(next);
      visit(next);
    }
  };
  visit(name);
  return order;
}

/** ECS stops a chain of `dependsOn` one after another, so its stop time-outs add up (ecs.md, order of containers). */
export function stopWindow(
  name: string,
  definitions: readonly ContainerDefinition[],
): { ms: number; said: string } {
  const parts = [name, ...stoppedAfter(name, definitions)].map((one) => {
    const ms = definitions.find((definition) => definition.name === one)?.stopTimeout ?? DEFAULT_STOP_TIMEOUT;
    return { ms, said: `${seconds(ms)} ${one}` };
  });
  const ms = parts.reduce((sum, part) => sum + part.ms, 0);
  return { ms, said: `${parts.map((part) => part.said).join(' + ')} = ${seconds(ms)}` };
}

/** A snapshot that shows the sidecar STOPPED and the agent's container not: the only proof of the order that the API gives. */
function endedFirst(evidence: Evidence, arn: string, sidecar: string, agent: string): number | null {
  const status = (task: Task, name: string): string | undefined =>
    task.containers.find((container) => container.name === name)?.status;
  const proof = evidence
    .sightings('task', arn)
    .find(
      ({ value }) =>
        status(value, sidecar) === 'STOPPED' && (status(value, agent) ?? 'STOPPED') !== 'STOPPED',
    );
  return proof?.seq ?? null;
}

function judgeOne(evidence: Evidence, { name, exit, outlives }: Watched): Answered {
  const { target } = evidence;
  const seen = target === null ? null : evidence.last('task', target.taskArn);
  if (target === null || seen === null) return unknown('the struck task was never read');
  const container = seen.value.containers.find((one) => one.name === name);
  if (container === undefined)
    return unknown(`the task shows no container ${name}`, [seen.seq], 'evidence-missing');
  const first = outlives ? endedFirst(evidence, target.taskArn, name, target.container) : null;
  if (first !== null)
    return no('sidecar-cut', `container ${name} was STOPPED while ${target.container} still ran`, [first]);
  if (!taskEnded(seen.value)) return unknown(`container ${name} is ${container.status}`, [seen.seq]);
  if (container.exitCode === null)
    return unknown(`ECS shows no exit code of container ${name}`, [seen.seq], 'evidence-missing');
  if (container.exitCode !== exit)
    return no('sidecar-cut', `container ${name} ended ${String(container.exitCode)}, not ${String(exit)}`, [
      seen.seq,
    ]);
  if (!outlives) return yes(`container ${name} ended ${String(exit)}`, [seen.seq]);
  const definitions = definitionsOf(evidence, seen.value);
  const agent = seen.value.containers.find((one) => one.name === target.container);
  if (stoppedAfter(target.container, definitions).includes(name) && agent?.exitCode === 0)
    return yes(
      `container ${name} ended ${String(exit)}, and ${target.container} depends on it: it was stopped after it`,
      [seen.seq],
    );
  return unknown(
    `container ${name} ended ${String(exit)}; nothing shows that it outlived ${target.container}: let ${target.container} depend on it (dependsOn)`,
    [seen.seq],
    'evidence-missing',
  );
}

function window({ evidence }: Case): readonly string[] {
  const { target } = evidence;
  const task = target === null ? null : evidence.last('task', target.taskArn)?.value;
  if (target === null || task == null) return [];
  const definitions = definitionsOf(evidence, task);
  if (stoppedAfter(target.container, definitions).length === 0) return [];
  return [`stop window along dependsOn: ${stopWindow(target.container, definitions).said}`];
}

export const sidecars: Check = {
  name: 'sidecars',
  asks: 'Did the watched containers end clean, and after the agent?',
  needed: true,
  judge(about) {
    const { evidence } = about;
    if (evidence.strike === null) return unasked('nothing was injected');
    const watched = Object.entries(evidence.plan.scenario.expect.containers).map(
      ([name, { exit, outlives }]) => ({
        name,
        exit,
        outlives: outlives === 'agent',
      }),
    );
    if (watched.length === 0) return unasked('the scenario watches no other container (expect.containers)');
    const answers = watched.map((one) => judgeOne(evidence, one));
    const worst =
      answers.find(({ holds }) => holds === 'no') ??
      answers.find(({ holds }) => holds === 'unknown') ??
      answers[0];
    if (worst === undefined) return unasked('no container is watched');
    const said = worst.holds === 'yes' ? answers.map((answer) => answer.said).join('; ') : worst.said;
    return { ...worst, said, notes: [...worst.notes, ...window(about)] };
  },
};
