import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { definitionsIn } from './sidecars.ts';

/** A watched container ended, but not as it should. */
export const sidecarBroke: Cause = {
  name: 'sidecar-broke',
  means: 'A watched container did not exit as expected.',
  explains: 'a sidecar',
  judge(grounds) {
    const { evidence, agent, reason } = grounds;
    if (reason !== 'sidecar-cut' || agent === null) return null;
    const watched = evidence.plan.scenario.expect.containers;
    const bad = agent.task.value.containers.find(
      ({ name, exitCode }) =>
        watched[name] !== undefined && exitCode !== null && exitCode !== watched[name].exit,
    );
    if (bad === undefined) return null;
    const limit =
      definitionsIn(evidence, agent.task.value).find(({ name }) => name === bad.name)?.stopTimeout ?? null;
    const isKilled = bad.exitCode === 137;
    const rule = grounds.look.foreseen.find(
      ({ data }) => data?.about === 'sidecar' && data.container === bad.name,
    );
    const longer = `a longer stopTimeout of ${bad.name} than ${limit === null ? "ECS's 30 s" : seconds(limit)}, and its program as PID 1, so that it hears SIGTERM`;
    const own = `${bad.name} as a program that takes SIGTERM, finishes what is in flight, and exits ${String(watched[bad.name]?.exit ?? 0)}`;
    return {
      weight: 'likely',
      said: `${bad.name} did not exit as expected: exit code ${String(bad.exitCode)}, expected ${String(watched[bad.name]?.exit ?? 0)}${isKilled ? '; it was killed before it was done' : ''}`,
      events: [agent.task.seq],
      saves: rule?.change ?? (isKilled ? longer : own),
      experiment: `send SIGTERM to ${bad.name} alone, with a call in flight, and see with which exit code it exits, and when`,
    };
  },
};
