import { createOffsetMeter } from '../../src/http/offset.ts';
import type { DrillEvent, NewEvent, Read } from '../../src/journal/events.ts';
import type { Fact, FactKind } from '../../src/model/world.ts';
import { AGENT_ID, BUILD_ID, DEFINITION_ARN, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { fact, failed, journalOf, REASON, read, TARGET } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { agentAt, buildAt, definitionOf, ID, jobAt, pastJob, taskAt } from './shown.ts';
import { STOP, type TrueHistory } from './true-history.ts';

/** Numbers from 0 to 1 that follow from the seed alone. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Seen {
  readonly reads: Read[];
  readonly facts: Fact[];
  until: number;
}

/** What the runner would have written down of a history: every read at its instant, from the copy that answered it, or lost. */
export function seenJournal(history: TrueHistory): readonly DrillEvent[] {
  const { world } = history;
  const roll = dice(world.seed);
  const between = (min: number, max: number): number => Math.round(min + roll() * (max - min));
  const byRunner = (at: number): number => at + world.runnerAhead;
  const meters = { buildkite: createOffsetMeter(), ecs: createOffsetMeter() };
  const shown = new Map<string, string>();
  const events: [number, NewEvent][] = [];

  /** One answer's `Date` header, in whole seconds of the service's clock. */
  function measure(service: 'buildkite' | 'ecs', sent: number, at: number, answered: number): void {
    const own = at + (service === 'ecs' ? world.ecsAhead : 0);
    const date = new Date(Math.floor(own / 1000) * 1000).toUTCString();
    meters[service].take(date, byRunner(sent), byRunner(answered));
  }
  function note(seen: Seen, one: Fact): void {
    const key = `${one.kind}:${one.id}`;
    const text = JSON.stringify(one.value);
    if (shown.get(key) === text) return;
    shown.set(key, text);
    seen.facts.push(one);
  }
  function look(
    seen: Seen,
    kind: FactKind,
    id: string,
    sent: number,
    view: (at: number) => Fact | null,
    isSure = false,
  ): void {
    const [there, back] = [between(10, 250), between(10, 250)];
    const at = sent + there;
    const answered = at + back;
    seen.until = Math.max(seen.until, answered);
    if (!isSure && roll() * 100 < world.loses) {
      seen.reads.push({ ...failed(kind, id, byRunner(sent)), answeredAt: byRunner(answered) });
      return;
    }
    measure(kind === 'task' || kind === 'task-definition' ? 'ecs' : 'buildkite', sent, at, answered);
    seen.reads.push(read(kind, id, byRunner(sent), byRunner(answered)));
    const one = view(at - (isSure ? 0 : between(0, world.staleness)));
    if (one !== null) note(seen, one);
  }
  function close(seen: Seen): void {
    for (const service of ['buildkite', 'ecs'] as const) {
      const offset = meters[service].read();
      if (offset !== null) note(seen, fact('clock', offset, service));
    }
    if (seen.reads.length > 0) events.push([byRunner(seen.until), { code: 'GD_OBSERVED', payload: seen }]);
  }
  const write = (seen: Seen): void => {
    close(seen);
    const last = events.at(-1)?.[1];
    if (last?.code === 'GD_OBSERVED')
      events[events.length - 1] = [
        byRunner(seen.until),
        { code: 'GD_OBSERVED', payload: { reads: seen.reads, facts: seen.facts } },
      ];
  };
  const everything = (sent: number, isSure: boolean): void => {
    const seen: Seen = { reads: [], facts: [], until: sent };
    for (const job of history.jobs) {
      const isKnown = job.startedAt < sent || shown.has(`job:${ID[job.id]}`);
      if (isKnown) look(seen, 'job', ID[job.id], sent, (at) => jobAt(history, job, at), isSure);
    }
    for (const agent of history.agents)
      look(seen, 'agent', ID[agent.id], sent, (at) => agentAt(history, agent, at), isSure);
    look(seen, 'task', TASK_ARN, sent, (at) => taskAt(history, at), isSure);
    look(seen, 'build', BUILD_ID, sent, (at) => buildAt(history, at), isSure);
    if (isSure)
      look(seen, 'agents-of-task', TASK_ARN, sent, () =>
        fact('agents-of-task', { taskArn: TASK_ARN, agents: [], complete: true }, TASK_ARN),
      );
    write(seen);
  };

  const sent = STOP - between(10, 300);
  const answered = STOP + between(10, 700);
  const planned = STOP - 30_000;
  const plan = planOf({
    cluster: { sharedTask: 'allowed' },
    expect: { build: 'any', drain: { within: null } },
  });
  events.push(
    [byRunner(planned), { code: 'GD_DRILL_PLANNED', payload: { plan } }],
    [byRunner(planned + 10), { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } }],
  );
  for (let at = planned + 100; at < STOP - 1_500; at += 4_300) {
    measure('buildkite', at, at + between(10, 200), at + 400);
    measure('ecs', at, at + between(10, 200), at + 400);
  }
  const before: Seen = { reads: [], facts: [], until: 0 };
  const seenFirst = STOP - 900;
  const running = Math.min(
    seenFirst,
    ...history.jobs.map((job) => job.startedAt + 500).filter((at) => at < STOP - 2_000),
  );
  for (const job of history.jobs)
    if (job.startedAt < seenFirst - 1_000 && job.id !== 'next')
      look(
        before,
        'job',
        ID[job.id],
        seenFirst,
        () => jobAt(history, job, Math.min(job.startedAt + 10, running)),
        true,
      );
  look(before, 'job', ID.past, seenFirst, () => pastJob(history), true);
  for (const agent of history.agents)
    look(before, 'agent', ID[agent.id], seenFirst, () => agentAt(history, agent, -Infinity), true);
  look(before, 'task', TASK_ARN, seenFirst, () => taskAt(history, -Infinity), true);
  look(before, 'build', BUILD_ID, seenFirst, () => buildAt(history, -Infinity), true);
  look(before, 'task-definition', DEFINITION_ARN, seenFirst, () => definitionOf(history), true);
  look(
    before,
    'agents-of-task',
    TASK_ARN,
    seenFirst,
    () =>
      fact(
        'agents-of-task',
        { taskArn: TASK_ARN, agents: history.agents.map(({ id }) => ID[id]), complete: true },
        TASK_ARN,
      ),
    true,
  );
  write(before);
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: TASK_ARN, reason: REASON } as const;
  const target = { ...TARGET, jobId: JOB_ID, agentId: AGENT_ID };
  const stopped = taskAt(history, STOP + 1);
  measure('ecs', sent, STOP, answered);
  events.push(
    [byRunner(sent - 30), { code: 'GD_TARGET_CHOSEN', payload: { target, attempt: 1 } }],
    [byRunner(sent - 20), { code: 'GD_TARGET_REVERIFIED', payload: { target } }],
    [byRunner(sent), { code: 'GD_FAULT_INTENDED', payload: { call, attempt: 1 } }],
    [
      byRunner(answered),
      {
        code: 'GD_FAULT_SENT',
        payload: {
          sentAt: byRunner(sent),
          answeredAt: byRunner(answered),
          result: world.answerLost ? 'unknown' : 'ok',
          trouble: world.answerLost ? { kind: 'timeout', message: 'scripted', retryAfter: null } : null,
          attempt: 1,
          task: world.answerLost || stopped?.kind !== 'task' ? null : stopped.value,
        },
      },
    ],
  );
  const target0 = history.jobs[0];
  const atOnce: Seen = { reads: [], facts: [], until: answered };
  if (target0 !== undefined) look(atOnce, 'job', JOB_ID, answered + 2, (at) => jobAt(history, target0, at));
  write(atOnce);
  const over =
    Math.max(
      history.containerEnd,
      STOP + 10_000,
      ...[...history.jobs, ...history.agents].flatMap((one) =>
        ['finishedAt' in one ? one.finishedAt : one.leftAt, one.lostAt].filter(Number.isFinite),
      ),
    ) + 20_000;
  let step = world.poll;
  let at = answered + 600;
  for (; at < over; at += step) {
    everything(at, false);
    if (at > STOP + 30_000) step = Math.min(step * 1.5, 40_000);
  }
  everything(Math.max(at, over), true);
  events.push([
    byRunner(Math.max(at, over) + 700),
    { code: 'GD_WATCH_ENDED', payload: { why: 'settled', said: 'all is over' } },
  ]);
  return journalOf(events);
}
