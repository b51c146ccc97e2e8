import type { TokenUser } from '../buildkite/port.ts';
import type { Answer, Trouble } from '../model/answer.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import type { Caller, ClockOffset } from '../model/entities/surroundings.ts';
import type { Protection } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { rowOf } from '../model/reasons.ts';
import { keyOf, type FactKind, type Subject } from '../model/world.ts';
import type { GuardAnswer } from '../journal/events.ts';
import type { ScenarioPlan } from '../scenario/plan.ts';
import type { DrillState } from '../state/state.ts';
import type { StoreAnswer } from '../store/port.ts';
import { isRefusal, reasonOfTrouble } from '../state/trouble.ts';

/** What was found of the store where a ledger and the lock that machines share are. */
export interface LedgerSeen {
  readonly name: string;
  /** A document was written, replaced and removed there, each under its condition. */
  readonly probe: StoreAnswer<null>;
  /** How far its clock is ahead of ours; null: it told none. */
  readonly clock: ClockOffset | null;
  /** Who has the lock of the scenario's service, in words; null: nobody. Null: it is not shared there. */
  readonly holder: StoreAnswer<string | null> | null;
}

/** What doctor read for one scenario; nothing was changed. */
export interface Seen {
  readonly plan: ScenarioPlan;
  /** The drill as it would stand at its gate: what is known, and how each read went. */
  readonly state: DrillState;
  /** Null where something that they need could not be read; empty where nothing is injected. */
  readonly guards: readonly GuardAnswer[] | null;
  readonly user: Answer<TokenUser | null>;
  /** The service as ECS shows it; null where the scenario names none. */
  readonly service: Answer<PlainDocument> | null;
  /** Scale-in protection of the running tasks that were listed; null where the scenario names no service, or none runs. */
  readonly protections: Answer<readonly Protection[]> | null;
  /** Whom AWS takes the credentials for. */
  readonly caller: Answer<Caller>;
  readonly stateFolder: Answer<string>;
  /** Null where no ledger is named. */
  readonly ledger: LedgerSeen | null;
  /** When it was judged. */
  readonly now: Instant;
  /** Host, port and variable of the proxies in use. */
  readonly proxies: readonly string[];
}

/** `blocking`: a drill would not run, or would prove nothing; `unknown`: a service could not be asked. */
export type Status = 'ok' | 'warning' | 'blocking' | 'unknown';

/** One answer of a check, and what to do; null where there is nothing to do. */
export interface Line {
  readonly status: Status;
  readonly said: string;
  readonly next: string | null;
}

/** One question about what a drill would meet. Pure: it judges what was read. */
export interface Check {
  readonly name: string;
  judge(seen: Seen): readonly Line[];
}

export function ok(said: string, next: string | null = null): Line {
  return { status: 'ok', said, next };
}

export function warning(said: string, next: string): Line {
  return { status: 'warning', said, next };
}

export function blocking(said: string, next: string): Line {
  return { status: 'blocking', said, next };
}

/** A read that failed: what time does not heal blocks a drill, anything else is not known. */
export function lineOfTrouble(subject: Subject, trouble: Trouble): Line {
  const { next } = rowOf(reasonOfTrouble(subject, trouble));
  return { status: isRefusal(trouble) ? 'blocking' : 'unknown', said: trouble.message, next };
}

/** The trouble of the latest read of a subject; null if it was good, or was not asked. */
export function troubleOf({ state }: Seen, kind: FactKind, id: string): Trouble | null {
  return state.marks[keyOf({ kind, id })]?.trouble ?? null;
}

/**
 * What to say of a read that failed; nothing if the token or the credentials are refused, or a right is missing: those have a
 * check of their own.
 */
export function sayTrouble(seen: Seen, kind: FactKind, id: string): readonly Line[] {
  const trouble = troubleOf(seen, kind, id);
  if (trouble === null || trouble.kind === 'unauthorized' || trouble.kind === 'denied') return [];
  return [lineOfTrouble({ kind, id }, trouble)];
}
