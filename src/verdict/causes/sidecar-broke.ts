import { listHalfFinished } from '../../checks/flushed.ts';
import { seconds } from '../../checks/times.ts';
import type { Cause, Said } from './cause.ts';
import type { Grounds } from './grounds.ts';
import { definitionsIn } from './sidecars.ts';

/** A watched container ended, but not as it should. */
export const sidecarBroke: Cause = {
  name: 'sidecar-broke',
  means: 'A watched container did not exit as expected, or left calls half-finished.',
  explains: 'a sidecar',
  judge(grounds) {
    if (grounds.reason !== 'sidecar-cut' || grounds.agent === null) return null;
    return judgeExits(grounds) ?? judgeCounters(grounds);
  },
};

function judgeExits(grounds: Grounds): Said | null {
  const { evidence, agent } = grounds;
  if (agent === null) return null;
  const watched = evidence.plan.scenario.expect.containers;
  const bad = agent.task.value.containers.find(
    ({ name, exitCode }) =>
      watched[name] !== undefined && exitCode !== null && exitCode !== watched[name].exit,
  );
  if (bad === undefined) return null;
  const limit =
    definitionsIn(evidence, agent.task.value).find(({ name }) => name === bad.name)?.stopTimeout ?? null;
  const isKilled = bad.exitCode === 137;
  const longer = `a longer stopTimeout of ${bad.name} than ${limit === null ? "ECS's 30 s" : seconds(limit)}, and its program as PID 1, so that it hears SIGTERM`;
  const exit = watched[bad.name]?.exit ?? 0;
  return {
    weight: 'likely',
    said: `${bad.name} did not exit as expected: exit code ${String(bad.exitCode)}, expected ${String(exit)}${isKilled ? '; it was killed before it was done' : ''}`,
    events: [agent.task.seq],
    saves: findForeseenChange(grounds, bad.name) ?? (isKilled ? longer : describeOwnEnd(bad.name, exit)),
    experiment: describeExperiment(bad.name),
  };
}

/** It exited as expected, and by its own counter it was not done. */
function judgeCounters({ evidence }: Grounds): Said | null {
  const [left] = listHalfFinished(evidence);
  if (left === undefined) return null;
  const { container, calls, events } = left;
  const exit = evidence.plan.scenario.expect.containers[container]?.exit ?? 0;
  return {
    weight: 'likely',
    said: `${container} exited ${String(exit)} as expected, and was not done: by its own counter it never finished ${calls === 1 ? '1 call' : `${String(calls)} calls`}`,
    events,
    saves: describeOwnEnd(container, exit),
    experiment: describeExperiment(container),
  };
}

function findForeseenChange({ look }: Grounds, container: string): string | null | undefined {
  return look.foreseen.find(({ data }) => data?.about === 'sidecar' && data.container === container)?.change;
}

function describeOwnEnd(container: string, exit: number): string {
  return `${container} as a program that takes SIGTERM, finishes what is in flight, and exits ${String(exit)}`;
}

function describeExperiment(container: string): string {
  return `send SIGTERM to ${container} alone, with a call in flight, and see with which exit code it exits, and when`;
}
