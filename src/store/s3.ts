import type { Sdk } from '../ecs/sdk.ts';
import type { Clock } from '../model/clock.ts';
import { createBucket, type Bucket, type S3Place } from './bucket.ts';
import { refuseKey } from './key.ts';
import type { Listed, Store, StoreAnswer, StoreError } from './port.ts';

/**
 * Amazon S3 User Guide, "How to prevent object overwrites with conditional writes": 409 ConditionalRequestConflict says that
 * another write was in flight, and is to be tried again.
 */
const CONFLICT_TRIES = 8;
const CONFLICT_PAUSE_MS = 100;
/** A listing without an end is given up: a thousand keys a page. */
const MOST_PAGES = 10_000;

/** Documents as objects under a prefix. Every write has its condition, so one that is sent again changes nothing twice. */
export function createS3Store(sdk: Sdk, place: S3Place, clock: Clock): Store {
  const bucket = createBucket(sdk, place);
  const checked =
    <A extends readonly unknown[], R>(work: (key: string, ...rest: A) => Promise<StoreAnswer<R>>) =>
    async (key: string, ...rest: A): Promise<StoreAnswer<R>> => {
      const error = refuseKey(key);
      return error === null ? work(key, ...rest) : { ok: false, error };
    };
  return {
    name: bucket.name,
    create: checked((key, text, signal) => create(bucket, clock, key, text, signal)),
    replace: checked((key, text, tag, signal) => replace(bucket, clock, key, { text, tag }, signal)),
    remove: checked((key, tag, signal) => remove(bucket, key, tag, signal)),
    read: checked((key, signal) => read(bucket, key, signal)),
    list: (under, signal) => list(bucket, place.prefix, under, signal),
    clock: () => sdk.clock(),
  };
}

/** Writes under a condition. Null: it did not hold. */
async function put(
  bucket: Bucket,
  clock: Clock,
  [key, text, condition, signal]: Parameters<Bucket['put']>,
): Promise<StoreAnswer<string | null>> {
  for (let tries = 1; ; tries += 1) {
    const sent = await bucket.put(key, text, condition, signal);
    if (sent.ok) return sent;
    const { refusal, error } = sent;
    // Without the object that it was to match, a conditional write is refused by 404.
    if (refusal?.status === 412 || refusal?.name === 'NoSuchKey') return { ok: true, value: null };
    if (refusal?.status !== 409 || tries === CONFLICT_TRIES || signal.aborted) return { ok: false, error };
    await clock.sleep(CONFLICT_PAUSE_MS * tries, signal);
  }
}

async function read(bucket: Bucket, key: string, signal: AbortSignal): ReturnType<Store['read']> {
  const sent = await bucket.get(key, signal);
  if (sent.ok) return sent;
  const isAbsent =
    sent.refusal?.name === 'NoSuchKey' || (await isDeniedAsAbsent(bucket, key, sent.error, signal));
  return isAbsent ? { ok: true, value: null } : { ok: false, error: sent.error };
}

/**
 * S3 denies what does not exist to whoever may not list the bucket (Amazon S3 API Reference, GetObject), and a right to list one prefix
 * need not count there. The listing tells whether the key exists.
 */
async function isDeniedAsAbsent(
  bucket: Bucket,
  key: string,
  { kind }: StoreError,
  signal: AbortSignal,
): Promise<boolean> {
  if (kind !== 'denied') return false;
  const listed = await bucket.page(key, undefined, signal);
  return listed.ok && !listed.value.contents.some(({ Key }) => Key?.endsWith(key) === true);
}

async function create(
  bucket: Bucket,
  clock: Clock,
  key: string,
  text: string,
  signal: AbortSignal,
): ReturnType<Store['create']> {
  for (let tries = 1; ; tries += 1) {
    const written = await put(bucket, clock, [key, text, { IfNoneMatch: '*' }, signal]);
    if (!written.ok) return written;
    if (written.value !== null) return { ok: true, value: { made: true, tag: written.value } };
    const standing = await read(bucket, key, signal);
    if (!standing.ok) return standing;
    if (standing.value !== null) return { ok: true, value: { made: false, ...standing.value } };
    // It was removed in between, or what reads is behind what writes.
    if (tries === CONFLICT_TRIES || signal.aborted) {
      const message = `could not write ${key} to ${bucket.name}: it exists, and cannot be read`;
      return { ok: false, error: { kind: 'away', message, next: 'Do it again in a minute.' } };
    }
    await clock.sleep(CONFLICT_PAUSE_MS * tries, signal);
  }
}

async function replace(
  bucket: Bucket,
  clock: Clock,
  key: string,
  { text, tag }: { readonly text: string; readonly tag: string },
  signal: AbortSignal,
): ReturnType<Store['replace']> {
  const written = await put(bucket, clock, [key, text, { IfMatch: tag }, signal]);
  if (!written.ok) return written;
  if (written.value !== null) return { ok: true, value: { replaced: true, tag: written.value } };
  const standing = await read(bucket, key, signal);
  if (!standing.ok) return standing;
  // Sent again after a connection that broke, a write meets what it wrote itself.
  const isOurs = standing.value?.text === text && standing.value.tag !== tag;
  return { ok: true, value: { replaced: isOurs, tag: standing.value?.tag ?? null } };
}

/** The tag is compared before, too: not every server of the protocol knows the condition of a removal. */
async function remove(
  bucket: Bucket,
  key: string,
  tag: string,
  signal: AbortSignal,
): ReturnType<Store['remove']> {
  const standing = await read(bucket, key, signal);
  if (!standing.ok) return standing;
  if (standing.value?.tag !== tag) return { ok: true, value: { removed: false } };
  const sent = await bucket.remove(key, tag, signal);
  if (sent.ok) return { ok: true, value: { removed: true } };
  const isChanged = sent.refusal !== null && [409, 412].includes(sent.refusal.status);
  const isGone = sent.refusal?.name === 'NoSuchKey';
  return isChanged || isGone ? { ok: true, value: { removed: false } } : { ok: false, error: sent.error };
}

async function list(
  bucket: Bucket,
  prefix: string,
  under: string,
  signal: AbortSignal,
): ReturnType<Store['list']> {
  const found: Listed[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const sent = await bucket.page(under, after, signal);
    if (!sent.ok) return { ok: false, error: sent.error };
    for (const { Key, ETag } of sent.value.contents) {
      const key = Key?.slice(prefix.length) ?? '';
      if (refuseKey(key) === null) found.push({ key, tag: ETag ?? null });
    }
    after = sent.value.next;
    if (after === undefined || after === '')
      return { ok: true, value: found.sort((a, b) => (a.key < b.key ? -1 : 1)) };
  }
  const message = `the listing of ${bucket.name} has no end: ${String(MOST_PAGES)} pages were read`;
  return { ok: false, error: { kind: 'broken', message, next: 'Use a prefix of its own for the ledger.' } };
}
