import type { Build } from '../model/entities/build.ts';
import type { ClockOffset } from '../model/entities/surroundings.ts';
import type { Fact, World } from '../model/world.ts';
import { keyOf } from '../model/world.ts';

/** The facts that say something new against what is known: changed ones, whole. */
export function newsOf(world: World, facts: readonly Fact[]): readonly Fact[] {
  const latest = new Map<string, Fact>();
  for (const fact of facts) {
    const before = latest.get(keyOf(fact)) ?? world[keyOf(fact)];
    const merged = before === undefined ? fact : withKnown(before, fact);
    if (before === undefined || isNews(before, merged)) latest.set(keyOf(fact), merged);
  }
  return [...latest.values()];
}

/** A listing leaves out what only a whole read gives, and a poll what only a listing gives; what is left out is not a change. */
function withKnown(before: Fact, fact: Fact): Fact {
  if (before.kind === 'agent' && fact.kind === 'agent' && fact.value.jobs === null)
    return { ...fact, value: { ...fact.value, jobs: before.value.jobs } };
  if (before.kind === 'build' && fact.kind === 'build')
    return {
      ...fact,
      value: {
        ...fact.value,
        metaData: fact.value.metaData ?? before.value.metaData,
        ...(fact.value.jobs === null ? pickListing(before.value) : {}),
      },
    };
  return fact;
}

function pickListing({ jobs, jobsComplete }: Build): Pick<Build, 'jobs' | 'jobsComplete'> {
  return { jobs, jobsComplete };
}

function isNews(before: Fact, fact: Fact): boolean {
  if (before.kind === 'clock' && fact.kind === 'clock') return isClockNews(before.value, fact.value);
  if (before.kind === 'job' && fact.kind === 'job' && fact.value.events === null)
    return !isSameValue({ ...before.value, events: null }, fact.value);
  return !isSameValue(before.value, fact.value);
}

/** `Date` has whole seconds: only a clearly better figure, or one that contradicts the known one, is news. */
function isClockNews(before: ClockOffset, now: ClockOffset): boolean {
  const apart = Math.abs(now.offset - before.offset);
  return now.uncertainty < before.uncertainty * 0.7 || apart > now.uncertainty + before.uncertainty;
}

/** Whether two facts' values are alike, whatever the order of their keys; a key without a value is no key, as in JSON. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  return (
    Object.keys(a).every((key) => isSameValue(a[key], b[key])) &&
    Object.keys(b).every((key) => Object.hasOwn(a, key) || b[key] === undefined)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
