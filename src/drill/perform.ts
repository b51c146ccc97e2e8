import type { DrillEvent, NewEvent } from '../journal/events.ts';
import { assertNever } from './errors.ts';
import type { Call, Outcome, Trouble } from './call.ts';
import type { Clock } from './clock.ts';
import { buildFacts, type Sources } from './questions.ts';
import type { DrillState } from './state.ts';

/** Writes one event; intents and outcomes are on the disk before it resolves. */
export type Append = (event: NewEvent, durable: boolean) => Promise<DrillEvent>;

interface Sent {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly result: 'ok' | 'refused' | 'unknown';
  readonly trouble: Trouble | null;
}

/** Runs exactly one call: intent on the disk, call, outcome on the disk. Nothing else in a drill changes anything outside. */
export async function perform(
  call: Call,
  state: DrillState,
  sources: Sources,
  clock: Clock,
  append: Append,
  signal: AbortSignal,
): Promise<void> {
  switch (call.kind) {
    case 'create-build': {
      await append({ code: 'GD_BUILD_INTENDED', payload: { call } }, true);
      const { outcome, sent } = await timed(clock, signal, () => sources.buildkite.createBuild(call, signal));
      if (outcome.ok)
        await append(
          { code: 'GD_OBSERVED', payload: { reads: [], facts: [...buildFacts(outcome.value)] } },
          false,
        );
      const buildId = outcome.ok ? outcome.value.build.id : null;
      await append({ code: 'GD_BUILD_SENT', payload: { ...sent, buildId } }, true);
      return;
    }
    case 'stop-task': {
      const attempt = state.strikes.length + 1;
      await append({ code: 'GD_FAULT_INTENDED', payload: { call, attempt } }, true);
      const { outcome, sent } = await timed(clock, signal, () => sources.ecs.stopTask(call, signal));
      await append(
        { code: 'GD_FAULT_SENT', payload: { ...sent, attempt, task: outcome.ok ? outcome.value : null } },
        true,
      );
      if (sent.result !== 'refused')
        await sources.surroundings.recordStrike(state.plan.lockKey, {
          drill: state.drill,
          taskArn: call.taskArn,
          at: sent.sentAt,
        });
      return;
    }
    case 'cancel-build': {
      await append({ code: 'GD_UNDO_INTENDED', payload: { call } }, true);
      const { sent } = await timed(clock, signal, () => sources.buildkite.cancelBuild(call, signal));
      await append({ code: 'GD_UNDO_SENT', payload: sent }, true);
      return;
    }
    default:
      assertNever(call);
  }
}

/** A call that was interrupted before it was sent did not happen; one that throws may have. */
async function timed<T>(
  clock: Clock,
  signal: AbortSignal,
  run: () => Promise<Outcome<T>>,
): Promise<{ outcome: Outcome<T>; sent: Sent }> {
  const sentAt = clock.now();
  const outcome = signal.aborted ? notSent<T>() : await run().catch(thrown<T>);
  const sent = {
    sentAt,
    answeredAt: clock.now(),
    result: outcome.ok ? ('ok' as const) : outcome.certainty,
    trouble: outcome.ok ? null : outcome.trouble,
  };
  return { outcome, sent };
}

function notSent<T>(): Outcome<T> {
  return {
    ok: false,
    certainty: 'refused',
    trouble: { kind: 'aborted', message: 'interrupted before it was sent', retryAfter: null },
  };
}

function thrown<T>(error: unknown): Outcome<T> {
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, certainty: 'unknown', trouble: { kind: 'garbage', message, retryAfter: null } };
}
