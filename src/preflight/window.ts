import { itemsOf, member } from './json.ts';
import type { Container, Launch, Subject } from './subject.ts';

/** Seconds between the stop signal and SIGKILL where a definition gives none (ContainerDefinition.stopTimeout). */
export const DEFAULT_STOP_TIMEOUT = 30;
/** The longest stopTimeout that Fargate takes, and the shortest; seconds. */
export const FARGATE_CEILING = 120;
export const FARGATE_FLOOR = 2;
/** Seconds between a spot notice and the end of the host, on Fargate and on EC2. */
export const SPOT_NOTICE = 120;

/** Seconds that a container has, or null where the host decides (EC2 without a stopTimeout). */
export function stopTimeoutOf({ stopTimeout }: Container, { kind }: Launch): number | null {
  if (stopTimeout !== null) return stopTimeout;
  return kind === 'fargate' ? DEFAULT_STOP_TIMEOUT : null;
}

/** The containers that the agent waits for at its start, directly or not: they stop after it, one behind the other. */
export function chainOf({ agent, sidecars }: Subject): readonly Container[] {
  const chain: Container[] = [];
  let names = agent.dependsOn;
  while (names.length > 0) {
    const next = sidecars.filter((one) => names.includes(one.name) && !chain.includes(one));
    chain.push(...next);
    names = next.flatMap(({ dependsOn }) => dependsOn);
  }
  return chain;
}

/**
 * Seconds of the longest way through the stop: a container gets its signal when all that depend on it are gone, so the
 * time-outs along a chain add up (`dependsOn` is reversed at shutdown). Without a stopTimeout 30 s are taken.
 */
export function chainSeconds(
  subject: Subject,
  secondsOf = ({ stopTimeout }: Container): number => stopTimeout ?? DEFAULT_STOP_TIMEOUT,
): number {
  const all = [subject.agent, ...subject.sidecars];
  const longest = (container: Container, seen: readonly Container[]): number => {
    const next = all.filter((one) => container.dependsOn.includes(one.name) && !seen.includes(one));
    const own = secondsOf(container);
    return own + Math.max(0, ...next.map((one) => longest(one, [...seen, container])));
  };
  return longest(subject.agent, []);
}

/** A container that has done its work before the agent starts: nothing of it is left to be stopped. */
export function runsOnce({ agent, sidecars }: Subject, container: Container): boolean {
  const conditions = [agent, ...sidecars].flatMap(({ value }) => conditionsOn(value, container.name));
  return conditions.some((condition) => condition === 'COMPLETE' || condition === 'SUCCESS');
}

function conditionsOn(value: Container['value'], name: string): readonly unknown[] {
  return itemsOf(member(value, 'dependsOn'))
    .filter((one) => member(one, 'containerName') === name)
    .map((one) => member(one, 'condition'));
}
