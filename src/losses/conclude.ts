import { FEWEST_DAYS, boundsOf, compareCounts, designEffectOf, guessChange, rateOf } from './rates.ts';
import type { Asked, Deployment, Limit, LossesDocument, Rated } from './document.ts';
import type { Spike } from './spikes.ts';
import type { Count, History } from './tally.ts';

/** Draws the conclusions from a history: rates with intervals, the change, the answer to the limit. */
export function concludeLosses(history: History, asked: Asked): LossesDocument {
  const effect = designEffectOf(history.days);
  const bounds = boundsOf(history, effect);
  const { builds, hiddenBy, reddened, reddenedByLossAlone, wasted, retriedByPeople } = history;
  const { organization, pipelines, period, deployments, requests, grouping } = asked;
  const { runs, lost, undecided, hidden } = history;
  const total = addRate({ runs, lost, undecided, hidden }, effect);
  return {
    ...{ organization, pipelines, period },
    total: { ...total, builds, hiddenBy, reddened, reddenedByLossAlone, wasted, retriedByPeople },
    bounds,
    designEffect: effect,
    days: history.days.map((day) => addRate(day)),
    by: grouping === null ? null : { grouping, groups: history.groups.map((group) => addRate(group)) },
    spikes: history.spikes.map((spike) => ({
      ...spike,
      deployment: findDeployment(spike, deployments ?? []),
    })),
    deployments,
    change: changeOf(history, asked, effect),
    limit: asked.allowed === null ? null : answerLimit(asked.allowed, bounds),
    leftOut: history.leftOut,
    requests,
    notes: [...notesOf(history, asked), ...asked.remarks],
  };
}

function addRate<T extends Count>(count: T, effect = 1): Rated<T> {
  return { ...count, rate: rateOf(count, effect) };
}

function changeOf(history: History, { change }: Asked, effect: number): LossesDocument['change'] {
  if (change !== null) {
    const { before, since } = history;
    const compared = compareCounts(before, since, effect);
    return { kind: 'stated', at: change, before: addRate(before), since: addRate(since), ...compared };
  }
  const guess = guessChange(history.days);
  if (guess === null) return null;
  return { kind: 'guess', ...guess, before: addRate(guess.before), since: addRate(guess.since) };
}

/** Workers are stopped for so long after a deployment began, and a loss is known up to four minutes after the stop; milliseconds. */
const DEPLOYMENT_LASTS = 3_600_000;
const LOSS_KNOWN_AFTER = 300_000;

/** The latest deployment in which the spike can lie, by its id. */
function findDeployment({ from }: Spike, deployments: readonly Deployment[]): string | null {
  const found = deployments.findLast(({ beganAt, completedAt }) => {
    const first = beganAt ?? (completedAt ?? Infinity) - DEPLOYMENT_LASTS;
    const last = (completedAt ?? (beganAt ?? 0) + DEPLOYMENT_LASTS) + LOSS_KNOWN_AFTER;
    return first <= from && from <= last;
  });
  return found?.id ?? null;
}

/** Above and below are each told with 95 %; nothing was counted, or the allowed rate lies between: the runs do not tell. */
function answerLimit(allowed: number, { lower, upper }: LossesDocument['bounds']): Limit {
  if (lower > allowed) return { allowed, answer: 'above' };
  if (upper < allowed) return { allowed, answer: 'below' };
  return { allowed, answer: 'not-enough-evidence' };
}

function notesOf(history: History, { pipelines }: Asked): readonly string[] {
  const { runs, undecided, spikes, days, clockErrors, hiddenBy } = history;
  const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  return [
    ...(runs === 0
      ? [`no job has run in ${pipelines === null ? 'any pipeline' : 'these pipelines'} since then`]
      : []),
    ...(undecided === 0
      ? []
      : [
          `${many(undecided, 'run')} ended with -1 for a reason that is not known: the intervals and bounds count each of them both ways`,
        ]),
    ...(hiddenBy.open === 0 ? [] : [`a retry of ${many(hiddenBy.open, 'lost run')} has not ended yet`]),
    ...(spikes.length > 0 && days.length < FEWEST_DAYS
      ? [
          `losses come in spikes, and with fewer than ${FEWEST_DAYS} days that is not in the intervals: read more days for wider, honest ones`,
        ]
      : []),
    ...(clockErrors === 0
      ? []
      : [
          `${many(clockErrors, 'run')} began, by the clock of the agent's host, when Buildkite says that it cannot have: Buildkite's time is taken`,
        ]),
  ];
}
