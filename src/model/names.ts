import { z } from 'zod';

/** The keys of a table as its closed list of names. */
export function namesOf<T extends object>(table: T): readonly (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}

/** What a finding can be of. All but the last two are the checks of `checks/list.ts`; the names are API. */
export const CheckName = z.enum([
  'landed',
  'in-flight',
  'still-idle',
  'no-job-lost',
  'struck-passed',
  'not-canceled-by-agent',
  'not-broken',
  'agent-left',
  'container-clean',
  'late-jobs',
  'consistent',
  'sidecars',
  'build-passed',
  'drain-in-time',
  'idle-in-time',
  'not-canceled',
  'loss-elsewhere',
  'memory',
  'host',
  'pid1',
  // Everything that had to be seen was seen.
  'observed',
  // Nothing was injected.
  'baseline',
]);
export type CheckName = z.infer<typeof CheckName>;

/** The safety rules of `safety/list.ts`; the names are API. */
export const GuardName = z.enum([
  'kill-switch',
  'self-target',
  'mapping',
  'allow-list',
  'intermediate-builds',
  'shared-task',
  'window',
  'lock',
  'too-soon',
  'inert-fault',
  'preflight',
  'blast-radius',
  'halt',
  'confirm',
]);
export type GuardName = z.infer<typeof GuardName>;
