import type { ChangeGuess, Rate } from './rates.ts';
import type { Period, Spike } from './spikes.ts';
import type { Count, DayCount, Grouping, History, NamedCount } from './tally.ts';
import type { RateChange } from '../statistics/rates.ts';

/** A deployment of the service that was named, epoch milliseconds by ECS's clock. */
export interface Deployment {
  readonly id: string;
  /** When it began; null where only its end is known. */
  readonly beganAt: number | null;
  readonly completedAt: number | null;
}

/** When a deployment is shown. */
export function instantOf({ beganAt, completedAt }: Deployment): number {
  return beganAt ?? completedAt ?? 0;
}

/** A count with its rate. */
export type Rated<T extends Count> = T & { readonly rate: Rate };

/** A spike, and the deployment of the named service that may have made it. */
export interface ExplainedSpike extends Spike {
  readonly deployment: string | null;
}

/** What `--max` came to. */
export interface Limit {
  readonly allowed: number;
  readonly answer: 'below' | 'above' | 'not-enough-evidence';
}

/** The answer of `losses`, as `--json` prints it; instants are epoch milliseconds, rates are shares. */
export interface LossesDocument {
  readonly organization: string;
  /** Null: all that the token may see. */
  readonly pipelines: readonly string[] | null;
  readonly period: Period;
  readonly total: Rated<Count> &
    Pick<History, 'builds' | 'hiddenBy' | 'reddened' | 'reddenedByLossAlone' | 'wasted' | 'retriedByPeople'>;
  /** The bounds that decide about `--max`, each at 95 %. */
  readonly bounds: { readonly lower: number; readonly upper: number };
  /** What a run is worth less because losses of a day come together; 1: days were not looked at. */
  readonly designEffect: number;
  readonly days: readonly Rated<DayCount>[];
  readonly by: { readonly grouping: Grouping; readonly groups: readonly Rated<NamedCount>[] } | null;
  readonly spikes: readonly ExplainedSpike[];
  readonly deployments: readonly Deployment[] | null;
  readonly change:
    | ({
        readonly kind: 'stated';
        readonly at: number;
        readonly before: Rated<Count>;
        readonly since: Rated<Count>;
      } & RateChange)
    | ({ readonly kind: 'guess' } & Omit<ChangeGuess, 'before' | 'since'> & {
          readonly before: Rated<Count>;
          readonly since: Rated<Count>;
        })
    | null;
  readonly limit: Limit | null;
  readonly leftOut: Readonly<Record<string, number>>;
  /** Requests to the REST API that this took. */
  readonly requests: number;
  readonly notes: readonly string[];
}

/** What was asked for and read, beside the history. */
export interface Asked {
  readonly organization: string;
  readonly pipelines: readonly string[] | null;
  readonly period: Period;
  readonly grouping: Grouping | null;
  readonly change: number | null;
  readonly allowed: number | null;
  readonly deployments: readonly Deployment[] | null;
  readonly requests: number;
  /** What the reader has to say. */
  readonly remarks: readonly string[];
}
