import type { Buildkite } from '../buildkite/port.ts';
import { askTogether, groupSubjects } from '../drill/batches.ts';
import { hideFact } from '../drill/hidden.ts';
import { findLatestLook } from '../drill/observer.ts';
import { askSubject } from '../drill/questions.ts';
import type { Clock } from '../model/clock.ts';
import type { Fact, Subject } from '../model/world.ts';
import { countPoints } from '../state/points.ts';
import type { DrillState } from '../state/state.ts';
import type { Ask } from '../state/step.ts';
import { findKind, type Member, type Wait } from './member.ts';
import { countReserved, isNearEdge, isPaid } from './purse.ts';

/** How soon it is looked again whether there are points, milliseconds. */
const LOOKED_AGAIN_MS = 1_000;

/** Sends the questions of many drills. */
export interface Sender {
  /** Sends questions at once. */
  send(member: Member, state: DrillState, asks: readonly Ask[], signal: AbortSignal): Promise<void>;
  /** Sends what a drill must know now. Near an edge that is at once; else when there are points, and together with others of the kind. */
  sendFresh(member: Member, state: DrillState, asks: readonly Ask[], signal: AbortSignal): Promise<void>;
  /** Points of the questions of this client that are not answered yet. */
  countUnderWay(client: Buildkite): number;
}

/** Creates the sender: each question is stamped when its request leaves, and its answer goes to the drill that asked. */
export function createSender(clock: Clock, members: ReadonlySet<Member>): Sender {
  const underWay = new Map<Buildkite, number>();
  /** By client and kind: a question of a drill far from an edge that is under way. What comes meanwhile waits for its answer, and then goes together. */
  const open = new Map<Buildkite, Map<string, Promise<void>>>();

  const countUnderWay = (client: Buildkite): number => underWay.get(client) ?? 0;

  function reserve(fact: Fact, member: Member): Fact {
    if (fact.kind !== 'budget') return fact;
    const reserved = countReserved(member, members);
    return reserved === 0 ? fact : { ...fact, value: { ...fact.value, reserved } };
  }

  async function sendGroup(
    member: Member,
    state: DrillState,
    subjects: readonly Subject[],
    signal: AbortSignal,
  ): Promise<void> {
    const [only, ...more] = subjects;
    if (only === undefined) return;
    const { given, pace } = member;
    const { plan, world, drill } = state;
    const points = sumPoints(state, subjects);
    pace.noteSent(subjects, world);
    underWay.set(given.buildkite, countUnderWay(given.buildkite) + points);
    const answers =
      more.length > 0
        ? await askTogether(subjects, plan, world, given, clock, signal)
        : [await askSubject(only, drill, plan, world, given, clock, signal)];
    underWay.set(given.buildkite, countUnderWay(given.buildkite) - points);
    for (const { read, facts } of answers) {
      pace.noteAnswer(read);
      const known = facts.map((fact) => hideFact(reserve(fact, member), plan.scenario, given.digest));
      member.arrived.push({ read, facts: known });
    }
    member.wake();
  }

  async function send(
    member: Member,
    state: DrillState,
    asks: readonly Ask[],
    signal: AbortSignal,
  ): Promise<void> {
    const groups = groupSubjects(asks.map(({ subject }) => subject));
    await Promise.all(
      groups.map((group) => member.once(group, () => sendGroup(member, state, group, signal))),
    );
  }

  async function sendWithOthers(
    member: Member,
    state: DrillState,
    asks: readonly Ask[],
    signal: AbortSignal,
  ): Promise<void> {
    const kind = asks[0] === undefined ? null : findKind(asks[0].subject);
    if (kind === null) return send(member, state, asks, signal);
    await untilPaid({ member, state, asks, signal }, clock, countUnderWay);
    const ofClient = open.get(member.given.buildkite) ?? new Map<string, Promise<void>>();
    open.set(member.given.buildkite, ofClient);
    await ofClient.get(kind);
    const sent = send(member, state, asks, signal);
    ofClient.set(kind, sent);
    await sent;
    if (ofClient.get(kind) === sent) ofClient.delete(kind);
  }

  return {
    send,
    countUnderWay,
    async sendFresh(member, state, asks, signal) {
      if (isNearEdge(state)) return send(member, state, asks, signal);
      const groups = groupSubjects(asks.map(({ subject }) => subject)).map((group) =>
        asks.filter(({ subject }) => group.includes(subject)),
      );
      await Promise.all(groups.map((some) => sendWithOthers(member, state, some, signal)));
    },
  };
}

/** Waits until the budget pays for what is asked, at most as long as the drill itself has patience. */
async function untilPaid(
  { member, state, asks, signal }: Wait,
  clock: Clock,
  countUnderWay: Sender['countUnderWay'],
): Promise<void> {
  const { buildkite } = member.given;
  const end = findLatestLook(state, clock.now());
  const points = sumPoints(
    state,
    asks.map(({ subject }) => subject),
  );
  const isDue = (): boolean => isPaid(state, buildkite.budget(), points, countUnderWay(buildkite));
  while (points > 0 && !signal.aborted && clock.now() < end && !isDue())
    await clock.sleep(LOOKED_AGAIN_MS, signal);
}

function sumPoints({ world }: DrillState, subjects: readonly Subject[]): number {
  return subjects.reduce((sum, subject) => sum + countPoints(subject, world), 0);
}
