import type { Buildkite } from '../buildkite/port.ts';
import { countPoints } from '../state/points.ts';
import type { Ask } from '../state/step.ts';
import { findKind, type Wait } from './member.ts';
import { isNearEdge, isPaid, stretchPolls, type Stretch } from './purse.ts';

/** A poll goes along with that of another drill from this part of its interval on: so drills that began apart come to be asked together. */
const GOES_ALONG = 0.5;

/** What one drill is asked for in a round. */
export interface Turn {
  readonly wait: Wait;
  readonly asks: readonly Ask[];
}

/** What is sent now, and when it is to be looked again. */
export interface Round {
  readonly turns: readonly Turn[];
  readonly next: number;
}

/** By how much the polls of each client are slower than their pace: the drills that go through it have one budget. */
type Stretches = ReadonlyMap<Buildkite, Stretch>;

/** Plans one round: the polls that are due and those that go along, of drills near an edge first and then of those that waited longest, as far as the budget goes. */
export function planRound(
  waits: readonly Wait[],
  stretches: Stretches,
  countUnderWay: (client: Buildkite) => number,
  rung: ReadonlySet<string>,
): Round {
  const all = waits.map((wait) => ({ wait, asks: hurry(slowDown(wait, stretches), rung) }));
  // What is due by now is sent; where there are no points for it, it is looked again in a second.
  const next = Math.min(
    Infinity,
    ...all.map(({ wait, asks }) => wait.member.pace.nextAt(asks, unlimited(wait))),
  );
  const kinds = new Set(
    all.flatMap(({ wait, asks }) => listDue(wait, asks)).map(({ subject }) => findKind(subject)),
  );
  if (kinds.size === 0) return { turns: [], next };
  const turns = all
    .map(({ wait, asks }) => ({ wait, asks: [...listAlong(wait, asks, kinds)] }))
    .filter(({ asks }) => asks.length > 0)
    .toSorted(
      (a, b) =>
        rankOf(a.wait, rung) - rankOf(b.wait, rung) || a.wait.member.servedAt - b.wait.member.servedAt,
    );
  return { turns: payTurns(turns, countUnderWay), next };
}

/** The stretch of each client's polls. */
export function stretchAll(waits: readonly Wait[]): Stretches {
  const byClient = new Map<Buildkite, Wait[]>();
  for (const wait of waits) {
    const { buildkite } = wait.member.given;
    const some = byClient.get(buildkite) ?? [];
    some.push(wait);
    byClient.set(buildkite, some);
  }
  return new Map([...byClient].map(([client, some]) => [client, stretchPolls(some, client.budget())]));
}

/** Those that the budget pays for beside what is under way. */
function payTurns(turns: readonly Turn[], countUnderWay: (client: Buildkite) => number): readonly Turn[] {
  const taken = new Map<Buildkite, number>();
  return turns
    .map(({ wait, asks }) => {
      const { buildkite } = wait.member.given;
      const budget = buildkite.budget();
      const paid = asks.filter(({ subject }) => {
        const points = countPoints(subject, wait.state.world);
        const before = taken.get(buildkite) ?? countUnderWay(buildkite);
        if (!isPaid(wait.state, budget, points, before)) return false;
        taken.set(buildkite, before + points);
        return true;
      });
      return { wait, asks: paid };
    })
    .filter(({ asks }) => asks.length > 0);
}

/** What has changed, as a list of builds shows, is due now. */
function hurry(asks: readonly Ask[], rung: ReadonlySet<string>): readonly Ask[] {
  return asks.map((ask) => (isRung(ask, rung) ? { ...ask, every: 0 } : ask));
}

function isRung({ subject }: Ask, rung: ReadonlySet<string>): boolean {
  return subject.kind === 'build' && rung.has(subject.id);
}

function rankOf({ state, asks }: Wait, rung: ReadonlySet<string>): number {
  return isNearEdge(state) || asks.some((ask) => isRung(ask, rung)) ? 0 : 1;
}

function slowDown({ member, state, asks }: Wait, stretches: Stretches): readonly Ask[] {
  const stretch = stretches.get(member.given.buildkite);
  const by = stretch === undefined ? 1 : isNearEdge(state) ? stretch.near : stretch.waiting;
  if (by === 1) return asks;
  return asks.map((ask) =>
    countPoints(ask.subject, state.world) === 0 ? ask : { ...ask, every: Math.ceil(ask.every * by) },
  );
}

function listDue(wait: Wait, asks: readonly Ask[]): readonly Ask[] {
  return wait.member.pace.listDue(asks, unlimited(wait));
}

/** What is due, and what is not yet due but of a kind that is asked for anyway. */
function listAlong(wait: Wait, asks: readonly Ask[], kinds: ReadonlySet<string | null>): ReadonlySet<Ask> {
  const due = new Set(listDue(wait, asks));
  for (const ask of asks) {
    const kind = findKind(ask.subject);
    if (kind === null || !kinds.has(kind) || due.has(ask)) continue;
    const sooner = { ...ask, every: Math.floor(ask.every * GOES_ALONG) };
    if (listDue(wait, [sooner]).length > 0) due.add(ask);
  }
  return due;
}

/** When the next poll of a drill is due by its own pace. */
export function nextPollAt(wait: Wait, asks: readonly Ask[], now: number): number {
  return listDue(wait, asks).length > 0 ? now : wait.member.pace.nextAt(asks, unlimited(wait));
}

/** The pace of one drill knows no budget here: the points are shared out over all of them. */
function unlimited({ state }: Wait): { readonly share: null; readonly world: Wait['state']['world'] } {
  return { share: null, world: state.world };
}
