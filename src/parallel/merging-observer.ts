import type { Buildkite, BuildkiteRest } from '../buildkite/port.ts';
import { findLatestLook, hasNews, makeOnce, takeLatest } from '../drill/observer.ts';
import { createPace } from '../drill/pace.ts';
import type { DrillPorts, Observation, Observer } from '../drill/ports.ts';
import type { Clock } from '../model/clock.ts';
import { FACTS } from '../model/world.ts';
import type { DrillState } from '../state/state.ts';
import { watchByLists } from './bell.ts';
import type { Member, Wait } from './member.ts';
import { isNearEdge } from './purse.ts';
import { nextPollAt, planRound, stretchAll } from './rounds.ts';
import { createSender, type Sender } from './sender.ts';

/** The one Observer of many drills. */
export interface MergingObserver {
  /** The ports of one more drill, whose polls are sent together with those of the others. The reads of the given ports are merged already. */
  join(given: Omit<DrillPorts, 'observer'>): DrillPorts;
  /** The drill with this journal has ended. */
  leave(journal: DrillPorts['journal']): void;
  /** Has lists of builds by REST show which drills of this client are to be polled at once, while points are short. */
  listen(client: Buildkite, rest: BuildkiteRest, signal: AbortSignal): void;
}

/** Rounds are so far apart at least, milliseconds, so that drills whose polls are due a moment apart are asked together. */
const ROUND_EVERY_MS = 100;
/** Why a sleep ends early. Without a reason each abort makes an error, with a stack that nobody reads. */
const WOKEN = 'woken';
/** From this stretch of the polls on lists of builds show an edge sooner than they do. */
const SHORT_FROM = 2;

/** Creates the Observer of many drills: it decides when each is asked for, and sends together what is due together. */
export function createMergingObserver(clock: Clock): MergingObserver {
  const members = new Set<Member>();
  /** How many drills have come near an edge. */
  let near = 0;
  const sender = createSender(clock, members);
  const rounds = createRounds(clock, sender);
  return {
    join(given) {
      const member: Member = {
        given,
        pace: createPace(clock, ({ kind }) =>
          FACTS[kind].from === 'ECS' ? given.ecs.restFor(FACTS[kind].rights) : 0,
        ),
        ...{ once: makeOnce(), arrived: [], wake: () => undefined, servedAt: -Infinity },
        ...{ state: null, nearAs: null },
      };
      members.add(member);
      const observe: Observer['observe'] = async (state, asks, by, signal) => {
        member.state = state;
        if (!isNearEdge(state)) member.nearAs = null;
        else member.nearAs ??= near++;
        const fresh = asks.filter((one) => one.fresh);
        if (fresh.length > 0) {
          const held = Math.max(...fresh.map(({ subject }) => member.pace.heldUntil(subject)));
          const wait = Math.min(held, findLatestLook(state, clock.now())) - clock.now();
          if (wait > 0) await clock.sleep(wait, signal);
          await sender.sendFresh(member, state, fresh, signal);
          return takeArrived(member, state);
        }
        await rounds.awaitNews({ member, state, asks, signal }, by);
        return takeArrived(member, state);
      };
      return { ...given, observer: { observe } };
    },
    leave(journal) {
      for (const member of members) if (member.given.journal === journal) members.delete(member);
    },
    listen: rounds.listen,
  };
}

function takeArrived(member: Member, state: DrillState): Observation {
  const taken = member.arrived;
  member.arrived = [];
  return takeLatest(taken, state);
}

interface Rounds {
  /** Polls for a drill until something changed for it, `by` has come, or its signal aborts. */
  awaitNews(wait: Wait, by: number): Promise<void>;
  readonly listen: MergingObserver['listen'];
}

function createRounds(clock: Clock, sender: Sender): Rounds {
  const waits = new Set<Wait>();
  let alarm: { readonly at: number; readonly cancel: AbortController } | null = null;
  let lastAt = -Infinity;
  /** Builds that have changed, as a list shows, and were not polled since. */
  const rung = new Set<string>();

  function sendRound(): void {
    alarm = null;
    lastAt = clock.now();
    const all = [...waits];
    const { turns, next } = planRound(all, stretchAll(all), sender.countUnderWay, rung);
    for (const { wait, asks } of turns) {
      wait.member.servedAt = lastAt;
      for (const { subject } of asks) rung.delete(subject.id);
      void sender.send(wait.member, wait.state, asks, wait.signal);
    }
    setAlarm(next);
  }

  /** Wakes at the earliest of all times that were set. */
  function setAlarm(wanted: number): void {
    const at = Math.max(wanted, lastAt + ROUND_EVERY_MS);
    if (at === Infinity || (alarm !== null && alarm.at <= at)) return;
    alarm?.cancel.abort(WOKEN);
    const own = { at, cancel: new AbortController() };
    alarm = own;
    void clock.sleep(Math.max(0, at - clock.now()), own.cancel.signal).then(() => {
      if (alarm === own) sendRound();
    });
  }

  function listShort(client: Buildkite): readonly Wait[] {
    const all = [...waits].filter((wait) => wait.member.given.buildkite === client);
    const stretch = stretchAll(all).get(client)?.waiting ?? 1;
    return stretch < SHORT_FROM ? [] : all.filter(({ state }) => !isNearEdge(state));
  }

  return {
    listen(client, rest, signal) {
      const ring = (ids: ReadonlySet<string>): void => {
        for (const id of ids) rung.add(id);
        setAlarm(clock.now());
      };
      void watchByLists({ clock, rest, listWaits: () => listShort(client), ring }, signal);
    },
    async awaitNews(wait, by) {
      const { member, state, asks, signal } = wait;
      waits.add(wait);
      // What told nothing new before tells nothing new now: the state is the same.
      let looked = 0;
      while (!signal.aborted) {
        setAlarm(nextPollAt(wait, asks, clock.now()));
        if (hasNews(state, member.arrived.slice(looked)) || clock.now() >= by) break;
        looked = member.arrived.length;
        await waitForWake(member, by - clock.now(), signal, clock);
      }
      waits.delete(wait);
      // A timer that nobody waits for would keep the process alive.
      if (waits.size > 0) return;
      alarm?.cancel.abort(WOKEN);
      alarm = null;
    },
  };
}

function waitForWake(member: Member, ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  const local = new AbortController();
  const end = (): void => local.abort(WOKEN);
  member.wake = end;
  signal.addEventListener('abort', end);
  return clock.sleep(Math.max(1, ms), local.signal).then(() => {
    member.wake = () => undefined;
    signal.removeEventListener('abort', end);
  });
}
