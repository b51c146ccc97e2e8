import { inSeconds, placeIn, editStopTimeout } from '../edits.ts';
import type { Finding, Rule, Severity } from '../finding.ts';
import { judgementOf, notKnown } from '../finding.ts';
import { ENOUGH_JOBS, timesOfStep, timesText } from '../step-times.ts';
import type { StepTimes } from '../documents.ts';
import type { Step, Subject } from '../subject.ts';

/** The step that takes longest, and the source of its length. */
export interface Longest {
  readonly name: string;
  /** The step's keys, as its jobs name them. */
  readonly keys: readonly string[];
  readonly place: Pick<Finding, 'document' | 'path'>;
  readonly seconds: number;
  /** `sleep`: its own script; `history`: its passed jobs; `time-out`: an upper limit only. */
  readonly by: 'sleep' | 'history' | 'time-out';
  /** Its passed jobs, where `by` is `history`. */
  readonly times: StepTimes | null;
}

/** The step that takes, or may take, longest; null where no step's length is known. */
export function findLongestStep(subject: Subject): Longest | null {
  const inPipeline = (subject.pipeline?.steps ?? []).map((step) => lengthOf(subject, step));
  const known = new Set((subject.pipeline?.steps ?? []).flatMap(({ keys }) => keys));
  const others = (subject.live.history ?? [])
    .filter(({ key, jobs }) => jobs > 0 && !known.has(key))
    .map((times): Longest => {
      const place = placeIn(subject.agent, 'stopTimeout');
      return { name: times.key, keys: [times.key], place, seconds: times.p95, by: 'history', times };
    });
  const all = [...inPipeline, ...others].filter(({ seconds }) => seconds > 0);
  return all.toSorted((a, b) => b.seconds - a.seconds)[0] ?? null;
}

function lengthOf(subject: Subject, step: Step): Longest {
  const { name, keys, path, atLeast } = step;
  const place = { document: 'pipeline', path } as const;
  const times = timesOfStep(subject, step);
  const few = times !== null && times.jobs < ENOUGH_JOBS;
  // Many jobs say more than a time-out, which is only an upper limit; few jobs do not.
  const atMost = times === null || few ? (step.atMost ?? 0) : 0;
  const p95 = times?.p95 ?? 0;
  if (atLeast > 0 && atLeast >= Math.max(atMost, p95))
    return { name, keys, place, seconds: atLeast, by: 'sleep', times: null };
  if (atMost > p95) return { name, keys, place, seconds: atMost, by: 'time-out', times: null };
  return { name, keys, place, seconds: p95, by: 'history', times };
}

/** If a step takes longer than the agent has to drain, an early stop loses it. */
export const stepOverWindow: Rule = {
  id: 'step-over-window',
  rule: "Every step ends within the agent's `stopTimeout`, as far as its script or its passed jobs show how long it takes.",
  severities: ['error', 'warning', 'note'],
  sources: [
    'https://buildkite.com/docs/pipelines/configure/step-types/command-step (timeout_in_minutes)',
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)',
  ],
  judge(subject) {
    const { worker, pipeline, live } = subject;
    const unknown = (live.history ?? [])
      .filter(({ jobs }) => jobs === 0)
      .map(({ key }) => `how long step ${key} takes: no passed job of it is known`);
    const window = worker.stop.agent.granted;
    const longest = findLongestStep(subject);
    if (longest === null)
      return unknown.length > 0
        ? { findings: [], unknown }
        : notKnown(
            pipeline === null
              ? 'how long the steps take: give --pipeline or --history'
              : 'how long the steps take: no step has a timeout_in_minutes (or give --history)',
          );
    return {
      ...(longest.seconds * 1000 <= window
        ? judgementOf()
        : judgementOf(findingOf(subject, longest, window))),
      unknown,
    };
  },
};

function findingOf({ agent, worker }: Subject, longest: Longest, window: number): Finding {
  const { name, keys, place, by, times } = longest;
  const ceiling = worker.stop.agent.ceiling ?? Infinity;
  const wanted = Math.min(Math.ceil(times?.most ?? longest.seconds) * 1000, ceiling);
  const isFixable = wanted > window && wanted >= longest.seconds * 1000;
  const isShort = !isFixable && ceiling > window;
  return {
    severity: severityOf(longest, window, isFixable || window < ceiling),
    ...place,
    seen: `step ${name} ${sayLength(longest)}, and the agent has ${inSeconds(window)} s to drain`,
    why: `If the stop comes while the step has more than ${inSeconds(window)} s to go, SIGKILL ends it.`,
    todo: sayTodo(isFixable ? wanted : null, isShort ? ceiling : null),
    edits: isFixable || isShort ? [editStopTimeout(agent, wanted)] : [],
    ...(isShort ? { fallsShort: true as const } : {}),
    unknown: unknownOf(by, times),
    data: { about: 'step-length', keys: [...keys], ms: Math.round(longest.seconds * 1000), by },
  };
}

function sayTodo(enough: number | null, most: number | null): string {
  if (enough !== null) return `Give the agent ${inSeconds(enough)} s or more.`;
  const rest = 'shorten the step, retry exit status -1 as a backstop, or run it on EC2';
  return most === null
    ? `Fargate allows no such stopTimeout: ${rest}.`
    : `Give the agent ${inSeconds(most)} s, the most that can be had here, which is not enough: also ${rest}.`;
}

export function sayLength({ seconds, by, times }: Longest): string {
  if (times !== null) return timesText(times);
  return by === 'sleep'
    ? `sleeps ${String(seconds)} s`
    : `may take ${String(seconds / 60)} min (timeout_in_minutes)`;
}

/** A certain loss is an error; a loss that no change of the definition prevents is a note. */
function severityOf({ by, times }: Longest, window: number, helps: boolean): Severity {
  if (by === 'sleep') return 'error';
  if (!helps) return 'note';
  return times !== null && times.median * 1000 > window ? 'error' : 'warning';
}

export function unknownOf(by: Longest['by'], times: StepTimes | null): string | null {
  if (by === 'time-out') return 'how long it really takes: its time-out is only an upper limit';
  if (times === null || times.jobs >= ENOUGH_JOBS) return null;
  return `how long its slowest jobs take: ${String(times.jobs)} passed jobs are too few to show it`;
}
