import { neverLeft, type Call } from '../model/call.ts';
import { assertNever } from '../model/errors.ts';
import { byRunner, type Stamp } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Moment } from './result.ts';

/** A moment that was not laid beside the others yet. */
export interface Bare extends Pick<Moment, 'said' | 'event'> {
  readonly at: Stamp;
}

/** A call as the service names it. */
export function inWords(call: Call): string {
  switch (call.kind) {
    case 'set-desired-count':
      return `UpdateService, desired count of ${call.service} ${String(call.former)} -> ${String(call.desired)}`;
    case 'force-deployment':
      return `UpdateService, a new deployment of ${call.service}`;
    case 'protect-tasks':
      return `UpdateTaskProtection ${call.enabled ? 'on' : 'off'} for ${String(call.tasks.length)} tasks`;
    case 'set-instance-state':
      return `UpdateContainerInstancesState, ${call.instance} ${call.status}`;
    case 'stop-task':
      return `StopTask for ${call.taskArn}`;
    case 'create-build':
    case 'cancel-build':
      return call.kind;
    default:
      return assertNever(call);
  }
}

/** The calls of a fault that changes services or hosts, and those that undid it, as they were sent. */
export function callMoments(evidence: Evidence): readonly Bare[] {
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
    const word = neverLeft(payload) ? 'held back' : payload.result;
    const how = payload.result === 'ok' ? '' : ` (${word}: ${payload.trouble?.message ?? ''})`;
    const at = byRunner(evidence, payload.sentAt, seq);
    return [{ at, said: `${undoing}${inWords(call)}${how}`, event: seq }];
  });
}
