import { nameCall } from '../model/call.ts';
import { isHeldBack } from '../model/answer.ts';
import { byRunner, type Stamp } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Moment } from './moment.ts';

/** A moment that is not yet placed in the timeline. */
export interface Bare extends Pick<Moment, 'said' | 'event' | 'what' | 'of' | 'exitCode'> {
  readonly at: Stamp;
}

/** Our own StopTask. */
export function momentsOfStop(evidence: Evidence): readonly Bare[] {
  const { injection } = evidence;
  if (injection?.by !== 'stop-task' || injection.sentAt === null) return [];
  const seq = injection.sentSeq ?? injection.intendedSeq;
  return [
    {
      ...{ at: byRunner(evidence, injection.sentAt, seq), event: seq },
      ...{ of: injection.taskArn, what: 'stop-sent', said: 'StopTask sent' },
    },
  ];
}

/** The calls of a fault that changes services or hosts, and those that undid it, as they were sent. */
export function momentsOfCalls(evidence: Evidence): readonly Bare[] {
  const { events } = evidence;
  const sents = [...events('GD_FAULT_SENT'), ...events('GD_UNDO_SENT')];
  const intents = [
    ...events('GD_BUILD_INTENDED'),
    ...events('GD_FAULT_INTENDED'),
    ...events('GD_UNDO_INTENDED'),
  ].toSorted((a, b) => a.seq - b.seq);
  return sents.flatMap(({ seq, code, payload }): Bare[] => {
    const call = intents.findLast((intent) => intent.seq < seq)?.payload.call ?? null;
    if (call === null || call.kind === 'stop-task' || call.kind === 'cancel-build') return [];
    const undoing = code === 'GD_UNDO_SENT' ? 'undone by ' : '';
    const word = isHeldBack(payload) ? 'held back' : payload.result;
    const how = payload.result === 'ok' ? '' : ` (${word}: ${payload.trouble?.message ?? ''})`;
    const at = byRunner(evidence, payload.sentAt, seq);
    return [{ at, said: `${undoing}${nameCall(call)}${how}`, event: seq }];
  });
}
