import type { DrillEvent, Read } from '../journal/events.ts';
import type { Clock } from '../model/clock.ts';
import { startWithinOf } from '../scenario/plan.ts';
import { newsOf } from './news.ts';
import { askTogether, groupSubjects } from './batches.ts';
import { createPace, type Purse } from './pace.ts';
import { hideFact } from './hidden.ts';
import type { DrillPorts, Observation, Observer } from './ports.ts';
import { askSubject, type Answered, type Sources } from './questions.ts';
import { shareOfDrill } from '../state/points.ts';
import type { DrillState } from '../state/state.ts';
import type { Ask } from '../state/step.ts';
import type { Digest } from '../model/secret-looks.ts';
import { FACTS, keyOf, type Fact, type Subject } from '../model/world.ts';

/** The ports of a drill that watches for itself alone. */
export function watchAlone(given: Omit<DrillPorts, 'observer'>): DrillPorts {
  const clock = makeClockNotBefore(given.journal.events, given.clock);
  return { ...given, clock, observer: createObserver(given, clock, given.digest) };
}

/** Why a sleep ends early. Without a reason each abort makes an error, with a stack that nobody reads. */
const WOKEN = 'woken';

/** The Observer of one drill: each subject is polled at its own pace, and what one request answers is asked together: one slow service never holds up the others. */
export function createObserver(sources: Sources, clock: Clock, digest: Digest): Observer {
  const pace = createPace(clock, ({ kind }) =>
    FACTS[kind].from === 'ECS' ? sources.ecs.restFor(FACTS[kind].rights) : 0,
  );
  const openPurse = (state: DrillState): Purse => openPurseOf(state, sources);
  let arrived: Answered[] = [];
  let wake: () => void = () => undefined;
  const sendOnce = makeOnce();

  async function sendAsks(state: DrillState, asks: readonly Ask[], signal: AbortSignal): Promise<void> {
    const groups = groupSubjects(asks.map(({ subject }) => subject));
    await Promise.all(groups.map((group) => sendOnce(group, () => sendGroup(state, group, signal))));
  }

  async function sendGroup(
    state: DrillState,
    subjects: readonly Subject[],
    signal: AbortSignal,
  ): Promise<void> {
    const [only, ...more] = subjects;
    if (only === undefined) return;
    pace.noteSent(subjects, state.world);
    const answers =
      more.length > 0
        ? await askTogether(subjects, state.plan, state.world, sources, clock, signal)
        : [await askSubject(only, state.drill, state.plan, state.world, sources, clock, signal)];
    for (const { read } of answers) pace.noteAnswer(read);
    const hide = (fact: Fact): Fact => hideFact(fact, state.plan.scenario, digest);
    arrived.push(...answers.map(({ read, facts }) => ({ read, facts: facts.map(hide) })));
    wake();
  }

  async function observe(
    state: DrillState,
    asks: readonly Ask[],
    by: number,
    signal: AbortSignal,
  ): Promise<Observation> {
    const freshAsks = asks.filter((one) => one.fresh);
    if (freshAsks.length > 0) {
      const held = Math.max(...freshAsks.map(({ subject }) => pace.heldUntil(subject)));
      await waitUntil(Math.min(held, findLatestLook(state, clock.now())), clock, signal);
      await sendAsks(state, freshAsks, signal);
      return takeArrived(state);
    }
    // What told nothing new before tells nothing new now: the state is the same.
    let looked = 0;
    while (!signal.aborted) {
      const now = clock.now();
      void sendAsks(state, pace.listDue(asks, openPurse(state)), signal);
      if (hasNews(state, arrived.slice(looked)) || now >= by) break;
      looked = arrived.length;
      const next = Math.min(by, pace.nextAt(asks, openPurse(state)));
      await waitForWake(next - now, signal);
    }
    return takeArrived(state);
  }

  function takeArrived(state: DrillState): Observation {
    const taken = arrived;
    arrived = [];
    return takeLatest(taken, state);
  }

  function waitForWake(ms: number, signal: AbortSignal): Promise<void> {
    const local = new AbortController();
    const end = (): void => {
      local.abort(WOKEN);
    };
    wake = end;
    signal.addEventListener('abort', end);
    return clock.sleep(Math.max(1, ms), local.signal).then(() => {
      wake = () => undefined;
      signal.removeEventListener('abort', end);
    });
  }

  return { observe };
}

/** The latest read of each subject, and what is new to the drill. */
export function takeLatest(taken: readonly Answered[], { world }: DrillState): Observation {
  const reads = new Map<string, Read>();
  for (const { read } of taken) reads.set(keyOf(read.subject), read);
  return {
    reads: [...reads.values()],
    facts: newsOf(
      world,
      taken.flatMap(({ facts }) => facts),
    ),
  };
}

function openPurseOf({ plan, world }: DrillState, { buildkite }: Sources): Purse {
  return { share: shareOfDrill(plan, buildkite.budget()), world };
}

/** A listing of all jobs costs too much to be sent beside the same one that is under way: the answer of that is taken. */
export function makeOnce(): (group: readonly Subject[], send: () => Promise<void>) => Promise<void> {
  const open = new Map<string, Promise<void>>();
  return (group, send) => {
    if (group[0]?.kind !== 'build-jobs') return send();
    const key = group.map(keyOf).join();
    const sent = open.get(key) ?? send().finally(() => open.delete(key));
    open.set(key, sent);
    return sent;
  };
}

/** The drill's own limits go before what a service asks for: no look waits past the end of the drill's patience. */
export function findLatestLook({ deadline, plan }: DrillState, now: number): number {
  return deadline ?? now + startWithinOf(plan);
}

async function waitUntil(until: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const wait = until - clock.now();
  if (wait > 0) await clock.sleep(wait, signal);
}

/** A changed fact, or a read that turned good or bad. */
export function hasNews(state: DrillState, arrived: readonly Answered[]): boolean {
  return arrived.some(({ read, facts }) => {
    const mark = state.marks[keyOf(read.subject)];
    const turned = mark === undefined || (mark.trouble === null) !== read.ok;
    return turned || newsOf(state.world, facts).length > 0;
  });
}

/**
 * A clock that never shows less than the journal's last event: between two runners the machine's clock may have been set
 * back, and what is read now would count as read before. It runs on from there, so that deadlines still come.
 */
function makeClockNotBefore(journal: readonly DrillEvent[], clock: Clock): Clock {
  const behind = (journal.at(-1)?.at ?? -Infinity) - clock.now();
  return behind <= 0 ? clock : { ...clock, now: () => clock.now() + behind };
}
