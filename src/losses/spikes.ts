import { binomialAtLeast } from '../statistics/binomial.ts';

/** Losses of several agents within minutes, as a deployment or the end of a host makes them; epoch milliseconds. */
export interface Spike {
  readonly from: number;
  readonly to: number;
  readonly lost: number;
  readonly agents: number;
}

/** Losses are counted in spans of this length, and two neighbours together are looked at, milliseconds. */
const SPAN = 300_000;
/** A spike has this many agents at least. */
const FEWEST_AGENTS = 3;
/** So few spikes of the kind would be there by chance, if the losses fell at random over the whole time. */
const BY_CHANCE = 0.05;
/** Agents of a span are counted up to here. */
const MOST_AGENTS = 1000;

interface Span {
  first: number;
  last: number;
  lost: number;
  readonly agents: Set<string>;
}

/** The time that is looked at, epoch milliseconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Collects losses in any order and finds spikes among them. */
export interface SpikeFinder {
  add(loss: { readonly at: number; readonly agent: string | null }): void;
  /** The spikes, the first first. */
  read(): readonly Spike[];
}

/** Creates a finder; its memory grows with the time that has losses, not with their number. */
export function createSpikeFinder(period: Period): SpikeFinder {
  const spans = new Map<number, Span>();
  const length = Math.max(1, Math.ceil((period.to - period.from) / SPAN));
  let all = 0;
  return {
    add({ at, agent }) {
      const number = Math.floor(at / SPAN);
      const span = spans.get(number) ?? { first: at, last: at, lost: 0, agents: new Set() };
      spans.set(number, span);
      span.first = Math.min(span.first, at);
      span.last = Math.max(span.last, at);
      span.lost += 1;
      if (agent !== null && span.agents.size < MOST_AGENTS) span.agents.add(agent);
      all += 1;
    },
    read() {
      const numbers = [...spans.keys()].toSorted((a, b) => a - b);
      const windows = numbers.map((number) => [number, number + 1].filter((one) => spans.has(one)));
      const loud = windows.filter((window) => isSpike(joinSpans(spans, window), all, length));
      return groupNeighbours(new Set(loud.flat())).map((group) => {
        const { first, last, lost, agents } = joinSpans(spans, group);
        return { from: first, to: last, lost, agents: agents.size };
      });
    },
  };
}

/** Whether so many losses in two spans are more than chance makes of all of them in the whole time. */
function isSpike({ lost, agents }: Span, all: number, length: number): boolean {
  if (agents.size < FEWEST_AGENTS) return false;
  return length * binomialAtLeast(lost, all, Math.min(1, 2 / length)) < BY_CHANCE;
}

function joinSpans(spans: ReadonlyMap<number, Span>, numbers: readonly number[]): Span {
  const found = numbers.flatMap((number) => spans.get(number) ?? []);
  return {
    first: Math.min(...found.map(({ first }) => first)),
    last: Math.max(...found.map(({ last }) => last)),
    lost: found.reduce((sum, { lost }) => sum + lost, 0),
    agents: new Set(found.flatMap(({ agents }) => [...agents])),
  };
}

/** Runs of numbers that follow one another. */
function groupNeighbours(numbers: ReadonlySet<number>): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (const number of [...numbers].toSorted((a, b) => a - b)) {
    const last = groups.at(-1);
    if (last?.at(-1) === number - 1) last.push(number);
    else groups.push([number]);
  }
  return groups;
}
