import { readDay, type Instant } from '../instants.ts';
import type { Suspension } from './scaling.ts';

/** The key of the tag that a service carries while a drill has changed something there that must be put back. */
export const UNDO_TAG = 'gameday:undo';

/** What a drill is about to change, and what it was before: enough to put it back without the drill's journal. */
export interface UndoMark {
  /** Id of the drill: letters, digits, `-`, `_` and `.`. */
  readonly drill: string;
  readonly change:
    | {
        readonly kind: 'desired-count';
        readonly former: number;
        readonly set: number;
        /** What of the service's automatic scaling was suspended, before all of it is; null where the drill suspends nothing. */
        readonly suspended: Suspension | null;
      }
    /** Of the service, as Application Auto Scaling has it registered. */
    | { readonly kind: 'minimum-capacity'; readonly former: number; readonly set: number }
    /** Id of the container instance that is drained; it was ACTIVE. */
    | { readonly kind: 'draining'; readonly instance: string }
    /** An experiment of FIS from this template, which the drill `made` itself or not. */
    | { readonly kind: 'experiment'; readonly template: string; readonly made: boolean };
  /** When the drill has ended at the latest, whole seconds: whoever finds the mark later knows that the drill died. */
  readonly until: Instant;
}

/** Characters that ECS takes in the value of a tag, and how many (API reference, Tag). */
const ALLOWED = /^[A-Za-z0-9 +\-=._:/@]{0,256}$/;

// The Swedish form of date and time is that of ISO 8601, with a space for the T.
const ISO = new Intl.DateTimeFormat('sv-SE', {
  dateStyle: 'short',
  timeStyle: 'medium',
  timeZone: 'UTC',
});

/** The mark as the value of a tag, which a person can read too. Throws where it does not fit: a drill's id is never so long. */
export function formatUndoMark({ drill, change, until }: UndoMark): string {
  const value = `drill=${drill} ${formatChange(change)} until=${ISO.format(until).replace(' ', 'T')}Z`;
  if (!ALLOWED.test(value) || parseUndoMark(value) === null) throw new Error(`no value of a tag: ${value}`);
  return value;
}

function formatChange(change: UndoMark['change']): string {
  switch (change.kind) {
    case 'desired-count':
      return `desired=${String(change.former)} set=${String(change.set)}${formatFormer(change.suspended)}`;
    case 'minimum-capacity':
      return `min=${String(change.former)} set=${String(change.set)}`;
    case 'draining':
      return `draining=${change.instance}`;
    case 'experiment':
      return `${change.made ? 'made-template' : 'template'}=${change.template}`;
  }
}

const VALUE =
  /^drill=([\w.-]+) (?:desired=(\d{1,9}) set=(\d{1,9})(?: suspended=(none|(?:in|out|scheduled)(?:\+(?:in|out|scheduled)){0,2}))?|min=(\d{1,9}) set=(\d{1,9})|draining=([0-9A-Za-z-]+)|(made-)?template=(EXT[0-9A-Za-z]+)) until=(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z$/;

function formatFormer(suspended: Suspension | null): string {
  if (suspended === null) return '';
  const parts = (['in', 'out', 'scheduled'] as const).filter((part) => suspended[part]);
  return ` suspended=${parts.join('+') || 'none'}`;
}

function parseFormer(value: string): Suspension {
  const parts = value.split('+');
  return { in: parts.includes('in'), out: parts.includes('out'), scheduled: parts.includes('scheduled') };
}

/** The mark that a tag's value stands for; null where it is none that gameday wrote. */
export function parseUndoMark(value: string): UndoMark | null {
  const [, drill = '', former, set, suspended, formerMin, min, instance, made, template, ...time] =
    VALUE.exec(value) ?? [];
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = time.map(Number);
  const midnight = readDay(year, month, day);
  if (midnight === null) return null;
  const until = midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  if (template !== undefined)
    return { drill, change: { kind: 'experiment', template, made: made !== undefined }, until };
  if (instance !== undefined) return { drill, change: { kind: 'draining', instance }, until };
  if (min !== undefined)
    return {
      drill,
      change: { kind: 'minimum-capacity', former: Number(formerMin), set: Number(min) },
      until,
    };
  const was = suspended === undefined ? null : parseFormer(suspended);
  return {
    drill,
    change: { kind: 'desired-count', former: Number(former), set: Number(set), suspended: was },
    until,
  };
}

/** What was changed, and what it was, as a clause. */
export function describeChange({ change }: UndoMark): string {
  switch (change.kind) {
    case 'desired-count':
      return `set its desired count from ${String(change.former)} to ${String(change.set)}${change.suspended === null ? '' : ' and suspended its automatic scaling'}`;
    case 'minimum-capacity':
      return `set its minimum capacity from ${String(change.former)} to ${String(change.set)}`;
    case 'draining':
      return `set container instance ${change.instance}, which was ACTIVE, to DRAINING`;
    case 'experiment':
      return `started a FIS experiment from ${change.made ? 'its own template' : 'template'} ${change.template}`;
  }
}

/** The time until which the drill of a mark may still run: `2026-01-02 03:04:05 UTC`. */
export function formatUntil({ until }: UndoMark): string {
  return `${ISO.format(until)} UTC`;
}
