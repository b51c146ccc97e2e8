import type { ClockOffset } from '../model/entities/surroundings.ts';

/** Why a store did not do what it was asked. `away`: it gave no answer, or none for now. `broken`: what it is or holds is of no use. */
export interface StoreError {
  readonly kind: 'away' | 'denied' | 'missing' | 'broken';
  /** What failed, and on what: one line for people, redacted. */
  readonly message: string;
  /** Whose move it is, and which. */
  readonly next: string;
}

export type StoreAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: StoreError };

/** What happened to a document that was to be new; if it was not, what stands there instead. */
export type Created =
  | { readonly made: true; readonly tag: string }
  | { readonly made: false; readonly tag: string; readonly text: string };

/** What happened to a document's replacement. The tag: the new one, else that of what stands there, or null. */
export interface Replaced {
  readonly replaced: boolean;
  readonly tag: string | null;
}

/** A key with its document's tag where a listing shows it. */
export interface Listed {
  readonly key: string;
  readonly tag: string | null;
}

/** Small documents under keys such as `v1/real/ab12/2026-11-29/drill.json`; a key never leads out of the store. */
export interface Store {
  /** How a person names it: the folder, or s3://bucket/prefix. */
  readonly name: string;
  /** Writes a document that does not exist yet, and never overwrites one. */
  create(key: string, text: string, signal: AbortSignal): Promise<StoreAnswer<Created>>;
  /** Replaces a document only while its tag is still this one. */
  replace(key: string, text: string, tag: string, signal: AbortSignal): Promise<StoreAnswer<Replaced>>;
  /** Removes a document only while its tag is still this one. */
  remove(key: string, tag: string, signal: AbortSignal): Promise<StoreAnswer<{ readonly removed: boolean }>>;
  read(
    key: string,
    signal: AbortSignal,
  ): Promise<StoreAnswer<{ readonly text: string; readonly tag: string } | null>>;
  /** Every key that begins so, to the end of the listing, sorted. */
  list(prefix: string, signal: AbortSignal): Promise<StoreAnswer<readonly Listed[]>>;
  /** How far the store's clock is ahead of ours, from its answers so far; null before it gave any time. */
  clock(): ClockOffset | null;
}
