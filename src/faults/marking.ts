import { evidenceOf } from '../evidence/evidence.ts';
import { listOpenUndos } from '../evidence/standing.ts';
import { MARKED, type CallOf } from '../model/call.ts';
import { formatUndoMark, parseUndoMark, UNDO_TAG, type UndoMark } from '../model/entities/undo-mark.ts';
import type { Instant } from '../model/instants.ts';
import { findFact } from '../model/world.ts';
import type { DrillState, Sending } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import type { Change } from './change.ts';
import { hasBeenCompared, restoreIfOurs } from './undoing.ts';

/** Beyond limits.verdictWithin, for the calls before the fault and for putting it back, milliseconds. */
const SPARE_MS = 120_000;

type MarkSending = Sending & { readonly call: CallOf<'mark-service'> };

/** The service that carries the mark: the one that the scenario names, else the target's own; null where there is none. */
export function findMarkedService({ plan, target, world }: DrillState): string | null {
  const group = findFact(world, 'task', target?.taskArn ?? '')?.group ?? '';
  return plan.scenario.cluster.service ?? /^service:(.+)$/.exec(group)?.[1] ?? null;
}

/** The change that marks the service, before what the mark names is changed; none where `safety.mark` is off. */
export function listMarkChanges(
  state: DrillState,
  what: UndoMark['change'],
  now: Instant,
): readonly Change[] {
  const { plan, drill, world } = state;
  const name = findMarkedService(state);
  if (name === null || plan.mode === 'assert' || plan.scenario.safety.mark === 'off') return [];
  const ends = now + plan.scenario.limits.verdictWithin;
  const standing = findMark(state);
  const known = standing === null ? null : parseUndoMark(standing.call.mark);
  // Once the change is on its way its mark is not written anew: a scheduler may take longer than the spare time.
  const isFresh = (known?.until ?? 0) >= ends || hasBegun(state);
  const stands = JSON.stringify(known?.change) === JSON.stringify(what) && isFresh;
  const call: CallOf<'mark-service'> =
    standing !== null && stands
      ? standing.call
      : {
          kind: 'mark-service',
          service: name,
          serviceArn: findFact(world, 'service', name)?.arn ?? '',
          mark: formatUndoMark({ drill, change: what, until: ends + SPARE_MS }),
        };
  const shown = (one: DrillState): string | undefined => findFact(one.world, 'service', name)?.tags[UNDO_TAG];
  return [
    {
      call,
      seenIn: [{ kind: 'service', id: name }],
      hasHappened: (later) => shown(later) === call.mark,
      otherChange: () => null,
      idempotent: true,
      undoneAt: findRemoval(state),
    },
  ];
}

/** The last mark that was intended and, as far as is known, not removed since. */
function findMark(state: DrillState): MarkSending | null {
  const last = state.injections.flatMap((one) => (isMark(one) ? [one] : [])).at(-1);
  return last === undefined || last.intendedAt <= findRemoval(state) ? null : last;
}

/** Whether a call that the mark is for was sent, or may have been, since the last mark was removed. */
function hasBegun(state: DrillState): boolean {
  const removal = findRemoval(state);
  return state.injections.some(
    ({ call, result, intendedAt }) => MARKED.has(call.kind) && result !== 'refused' && intendedAt > removal,
  );
}

/** When the last mark that is known to be gone was removed. */
function findRemoval({ undos }: DrillState): Instant {
  const removed = undos.findLast(({ call, result }) => call.kind === 'unmark-service' && result === 'ok');
  return removed?.intendedAt ?? -Infinity;
}

function isMark(sending: Sending): sending is MarkSending {
  return sending.call.kind === 'mark-service';
}

/** The mark that the service carries, or may carry. */
export function findStandingMark(state: DrillState): MarkSending | null {
  const mark = findMark(state);
  return mark?.result === 'refused' ? null : mark;
}

/** Whether a call that puts back what was changed went out, or may have. */
export function hasBeenPutBack({ undos }: DrillState): boolean {
  return undos.some(({ call, result }) => MARKED.has(call.kind) && result !== 'refused');
}

/** The next step that removes the mark of the drill; null while what it names still stands, and where nothing is left to do. */
export function removeMark(state: DrillState, now: Instant): Step | null {
  const mark = findStandingMark(state);
  if (mark === null || listOpenUndos(evidenceOf(state.index)).some(({ kind }) => MARKED.has(kind)))
    return null;
  const { service, serviceArn } = mark.call;
  const isOurs = (): boolean => isMarkedBy(state, service);
  // The answer of UpdateService need not name the tags: they are read once more, later than every call before.
  const others = state.undos.filter(({ call }) => call.kind !== 'unmark-service');
  const answers = [mark, ...others].map(({ answeredAt, intendedAt }) => answeredAt ?? intendedAt);
  const after = Math.max(...answers) + 1;
  return restoreIfOurs(
    state,
    { kind: 'unmark-service', service, serviceArn },
    { kind: 'service', id: service },
    isOurs,
    now,
    after,
  );
}

function isMarkedBy({ world, drill }: DrillState, service: string): boolean {
  const value = findFact(world, 'service', service)?.tags[UNDO_TAG];
  return value !== undefined && parseUndoMark(value)?.drill === drill;
}

/** The mark that was left, and how it is removed. */
export function describeMarkLeft(state: DrillState): readonly string[] {
  const mark = findStandingMark(state);
  if (mark === null) return [];
  const { service } = mark.call;
  if (hasBeenCompared(state, { kind: 'service', id: service }) && !isMarkedBy(state, service)) return [];
  return [
    `the tag ${UNDO_TAG} stays on service ${service}, and no drill begins there before \`gameday drills abort --cluster ${state.plan.scenario.cluster.name} --service ${service}\``,
  ];
}
