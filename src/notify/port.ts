import type { Notice, Told } from '../model/entities/notice.ts';

/** Tells people of a drill, at the hooks that it was given. It never fails: what happened to each notice is its answer. */
export interface Notifier {
  /** Tells every hook at the same time; resolves within `patience` milliseconds, at once when the signal aborts. */
  tell(notice: Notice, patience: number, signal: AbortSignal): Promise<readonly Told[]>;
}
