import type { Call } from '../model/call.ts';
import { parseUndoMark, UNDO_TAG } from '../model/entities/undo-mark.ts';
import type { FactKind, FactOf } from '../model/world.ts';
import { hasExperimentEnded } from '../model/entities/experiment.ts';
import type { Evidence, Sighting } from './evidence.ts';

/** A call of the fault that was sent, or may have been. */
interface Changed {
  readonly call: Call;
  /** The event after which a look shows its outcome. */
  readonly seq: number;
}

/**
 * Calls that would put back what the drill changed and what, as far as the journal tells, still stands as the drill left it.
 * What somebody else has changed meanwhile is theirs; what could not be looked at any more may stand.
 */
export function listOpenUndos(evidence: Evidence): readonly Call[] {
  const done = listDoneUndos(evidence);
  const undone = new Set(done.map((call) => JSON.stringify(call)));
  const lifted = new Set(done.flatMap((call) => (call.kind === 'protect-tasks' ? call.tasks : [])));
  const all = listChanges(evidence).flatMap((one) => listUndosOf(evidence, one, lifted));
  // The mark goes last: until then it tells what is to be put back.
  const back = [true, false].flatMap((first) =>
    all.filter(({ kind }) => (kind !== 'unmark-service') === first),
  );
  const open = new Map(back.map((call) => [JSON.stringify(call), call]));
  return [...open].flatMap(([key, call]) => (undone.has(key) ? [] : [call]));
}

function listChanges({ events }: Evidence): readonly Changed[] {
  const sents = events('GD_FAULT_SENT');
  return events('GD_FAULT_INTENDED').flatMap(({ seq, payload }): Changed[] => {
    const sent = sents.find((one) => one.payload.attempt === payload.attempt);
    if (sent?.payload.result === 'refused') return [];
    return [{ call: payload.call, seq: sent?.seq ?? seq }];
  });
}

function listDoneUndos({ events }: Evidence): readonly Call[] {
  const intents = events('GD_UNDO_INTENDED');
  return events('GD_UNDO_SENT').flatMap(({ seq, payload }) => {
    const intent = intents.findLast((one) => one.seq < seq);
    return payload.result === 'ok' && intent !== undefined ? [intent.payload.call] : [];
  });
}

/** `lifted`: tasks whose protection was taken off again. */
function listUndosOf(evidence: Evidence, one: Changed, lifted: ReadonlySet<string>): readonly Call[] {
  const { call } = one;
  switch (call.kind) {
    case 'set-desired-count': {
      const service = findValueAfter(evidence, one.seq, 'service', call.service);
      if (service !== null && service.desired !== call.desired) return [];
      return [{ ...call, desired: call.former, former: call.desired }];
    }
    case 'set-minimum-capacity': {
      const look = findValueAfter(evidence, one.seq, 'scalable-target', call.service);
      if (look !== null && look.target?.min !== call.min) return [];
      return [{ ...call, min: call.former, former: call.min }];
    }
    case 'suspend-scaling': {
      const now = findValueAfter(evidence, one.seq, 'scalable-target', call.service)?.target?.suspended;
      const isOurs = now === undefined || JSON.stringify(now) === JSON.stringify(call.suspended);
      const isGone = findValueAfter(evidence, one.seq, 'scalable-target', call.service)?.target === null;
      if (!isOurs || isGone) return [];
      return [{ ...call, suspended: call.former, former: call.suspended }];
    }
    case 'set-instance-state': {
      const instance = findValueAfter(evidence, one.seq, 'instance', call.instance);
      if (hasBeenDeregistered(evidence, one.seq, call.instance)) return [];
      if (instance !== null && instance.status !== 'DRAINING') return [];
      return [{ ...call, status: 'ACTIVE' }];
    }
    case 'create-template': {
      const templates = findHeld(evidence)?.value.templates ?? [];
      return templates.map((template) => ({ kind: 'delete-template', template }) as const);
    }
    case 'start-experiment':
      return listRunning(evidence).map((experiment) => ({ kind: 'stop-experiment', experiment }) as const);
    case 'protect-tasks': {
      const tasks = call.tasks.filter((arn) => !lifted.has(arn) && mayBeProtected(evidence, arn, one));
      return tasks.length === 0 ? [] : [{ ...call, tasks, enabled: false, minutes: null }];
    }
    case 'mark-service': {
      const { service, serviceArn } = call;
      const value = findValueAfter(evidence, one.seq, 'service', service)?.tags[UNDO_TAG] ?? null;
      const isRead = findValueAfter(evidence, one.seq, 'service', service) !== null;
      if (isRead && (value === null || parseUndoMark(value)?.drill !== evidence.drill)) return [];
      return [{ kind: 'unmark-service', service, serviceArn }];
    }
    default:
      return [];
  }
}

/** What FIS was last seen to hold of the drill. */
function findHeld(evidence: Evidence): Sighting<FactOf<'fis-of-drill'>> | null {
  return evidence.last('fis-of-drill', evidence.drill);
}

/** Ids of the experiments that go on, as far as the last looks show. */
function listRunning(evidence: Evidence): readonly string[] {
  const held = findHeld(evidence);
  const seen = evidence.every('experiment');
  const listed = (held?.value.experiments ?? []).filter(({ id }) => !seen.some((one) => one.id === id));
  const isLater = (id: string, seq: number): boolean =>
    (held?.seq ?? 0) > seq &&
    held?.value.experiments.some((one) => one.id === id && hasExperimentEnded(one)) === true;
  return [
    ...listed.filter((one) => !hasExperimentEnded(one)).map(({ id }) => id),
    ...seen
      .filter(({ id, seq, value }) => !hasExperimentEnded(value) && !isLater(id, seq))
      .map(({ id }) => id),
  ];
}

/** A host that was drained may be terminated before anybody puts it back: ECS does not know it any more. */
function hasBeenDeregistered({ reads }: Evidence, seq: number, instance: string): boolean {
  const { last } = reads('instance', instance);
  return last !== null && last.seq > seq && last.error?.kind === 'not-found';
}

/** One that ends at another time than ours was shown to end is somebody else's; where the answer was lost it may be ours. */
function mayBeProtected(evidence: Evidence, arn: string, { seq }: Changed): boolean {
  const look = findValueAfter(evidence, seq, 'protection', arn);
  if (look === null) return true;
  if (!look.enabled) return false;
  const ours = evidence.values('protection', arn, undefined, seq + 1).filter(({ enabled }) => enabled);
  return ours.length === 0 || ours.some(({ expiresAt }) => expiresAt === look.expiresAt);
}

/** What the last look showed, if it came later than that event. */
function findValueAfter<K extends FactKind>(
  { last }: Evidence,
  seq: number,
  kind: K,
  id: string,
): FactOf<K> | null {
  const look = last(kind, id);
  return look === null || look.seq <= seq ? null : look.value;
}
