import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Holder, isDead } from '../lockfile/holder.ts';
import { mayBeSame, partsOf } from '../model/lock-key.ts';

/*
 * One document for each cluster says who holds which of its services, and what was injected there. It is only replaced by who
 * knows what stands there, so of two who take the same service one fails. A holder that is not heard of any more loses the
 * lock at the end of its lease, by the store's clock, and a margin later for what nobody knows exactly of that clock.
 */

/** How long a lock holds that is not renewed, and how often it is; milliseconds. */
export const LEASE = 300_000;
export const RENEW_EVERY = 60_000;
/** Nobody takes over before so long after the end of a lease, milliseconds. */
export const MARGIN = 30_000;
/** How long an interrupted drill keeps the lock that can be gone on with: ECS shows a stopped task for about an hour. */
const KEPT_WHILE_RESUMABLE = 3_600_000;
/** What the minimum interval asks for is the latest injection; of one service so many are kept. */
const INJECTIONS_KEPT = 3;

const Lease = z.object({
  key: z.string(),
  drill: z.string(),
  /** A random name of the process's hold: a drill that is gone on with has another. */
  hold: z.string(),
  holder: Holder,
  /** By the store's clock, as all times here. */
  since: z.number().int(),
  until: z.number().int(),
});
export type Lease = z.infer<typeof Lease>;

const Injection = z.object({
  key: z.string(),
  drill: z.string(),
  taskArn: z.string(),
  at: z.number().int(),
});
export type Injection = z.infer<typeof Injection>;

const LeaseDocument = z.object({
  v: z.literal(1),
  leases: z.array(Lease),
  injections: z.array(Injection),
});
export type LeaseDocument = z.infer<typeof LeaseDocument>;

export const NO_LEASES: LeaseDocument = { v: 1, leases: [], injections: [] };

/** Between these two is the time of the store. */
export interface StoreTime {
  readonly early: number;
  readonly late: number;
}

/** Whose lock it is to be. */
export interface Wanted {
  readonly key: string;
  readonly drill: string;
  readonly hold: string;
  readonly holder: Holder;
}

/** Where the document with the lock of this service stands: each cluster has one. */
export function leasesKeyOf(lockKey: string): string {
  const place = createHash('sha256').update(partsOf(lockKey).place).digest('hex').slice(0, 32);
  return `v1/locks/${place}.json`;
}

/** Reads a document; null where it is none of ours. */
export function parseLeases(text: string): LeaseDocument | null {
  try {
    return LeaseDocument.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The lease that stands against this one. Without the store's time no lease is over. */
export function findRival(
  { leases }: LeaseDocument,
  wanted: Omit<Wanted, 'holder'>,
  time: StoreTime | null,
): Lease | null {
  return (
    leases.find(
      (lease) =>
        lease.hold !== wanted.hold &&
        mayBeSame(lease.key, wanted.key) &&
        !isOver(lease, time) &&
        // Whoever goes on with a drill takes its lock over from a process that is dead for sure.
        !(lease.drill === wanted.drill && lease.key === wanted.key && isDead(lease.holder)),
    ) ?? null
  );
}

function isOver({ until }: Lease, time: StoreTime | null): boolean {
  return time !== null && time.early > until + MARGIN;
}

/** The document with this lease, renewed or new, and without those that stood against it. */
export function holdLease(
  document: LeaseDocument,
  { key, drill, hold, holder }: Wanted,
  time: StoreTime,
): LeaseDocument {
  const own = document.leases.find((lease) => lease.hold === hold);
  const others = document.leases.filter(
    (lease) => lease.hold !== hold && !mayBeSame(lease.key, key) && !isOver(lease, time),
  );
  const since = own?.since ?? Math.round(time.early);
  const lease = { key, drill, hold, holder, since, until: Math.round(time.early) + LEASE };
  return { ...document, leases: [...others, lease] };
}

/** The document after the drill's process ended: its lease is gone, or kept for whoever goes on with the drill. */
export function endLease(
  document: LeaseDocument,
  { key, drill, hold }: Omit<Wanted, 'holder'>,
  isOpen: boolean,
  time: StoreTime,
): LeaseDocument {
  const leases = document.leases.flatMap((lease) => {
    if (isOpen && lease.hold === hold)
      return [{ ...lease, until: Math.round(time.early) + KEPT_WHILE_RESUMABLE }];
    return lease.drill === drill && lease.key === key ? [] : [lease];
  });
  return { ...document, leases };
}

/** The document with injections added; of older ones of the same service few are kept. */
export function addInjections(document: LeaseDocument, added: readonly Injection[]): LeaseDocument {
  const all = [...document.injections, ...added].sort((a, b) => a.at - b.at);
  const injections = all.filter(
    ({ key }, at) => all.slice(at + 1).filter((later) => later.key === key).length < INJECTIONS_KEPT,
  );
  return { ...document, injections };
}
