import { tellPeople } from '../drill/notify.ts';
import type { DrillPorts } from '../drill/ports.ts';
import type { DrillEvent } from '../journal/events.ts';
import type { Destination, Notice } from '../model/entities/notice.ts';
import type { Plan } from '../scenario/plan.ts';
import type { DrillResult } from '../verdict/result.ts';

/** How long the notice of the end may hold up the command: three tries of five seconds, and what lies between them, milliseconds. */
const AFTER_END_MS = 18_000;

/** Tells people how the drill ended, once its verdict is written. Whatever becomes of it, the verdict stays what it is. */
export async function tellEnd(
  plan: Plan,
  to: readonly Destination[],
  endOf: () => DrillResult,
  { notifier, journal }: Pick<DrillPorts, 'notifier' | 'journal'>,
  signal: AbortSignal,
  onEvent: (event: DrillEvent) => void,
): Promise<void> {
  const isJudged = journal.events.at(-1)?.code === 'GD_JUDGED';
  if (notifier === undefined || !isJudged || signal.aborted || plan.dryRun) return;
  const told = tellPeople(endNotice(endOf(), plan), [...to], {
    ...{ notifier, journal, signal, patience: AFTER_END_MS },
    append: async (event, durable) => {
      const written = await journal.append(event, durable);
      onEvent(written);
      return written;
    },
  });
  // A disk that is full keeps the event, and no more, from being written; without its intent nothing is sent.
  await told.catch(() => undefined);
}

function endNotice(result: DrillResult, plan: Plan): Notice {
  const { drill, title, file, label, fault, build, target, outcome, reason, exitCode, said, next, cause } =
    result;
  return {
    ...{ about: 'end', id: `${drill}.end`, drill, title, file, label, region: plan.region },
    ...{ cluster: plan.scenario.cluster.name, service: plan.scenario.cluster.service, fault },
    ...{ task: target?.taskArn ?? null, outcome, reason, exitCode, said, next },
    build: build === null ? null : { number: build.number, url: build.url },
    cause: cause?.ranked[0]?.said ?? null,
  };
}
