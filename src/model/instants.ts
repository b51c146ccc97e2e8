import { z } from 'zod';

/** Whose clock an instant was read from. Two clocks are never compared raw: `evidence/clocks.ts` alone knows how far they are apart. */
export type ClockName = 'runner' | 'buildkite' | 'agent' | 'ecs' | 'instance';

/** Milliseconds since the epoch by one clock. A plain number fits each of them; one of them never fits another. */
type OfClock<C extends ClockName> = number & { readonly clock?: C };

/** By the machine that gameday runs on: when a read or a call was sent and answered. */
export type Instant = OfClock<'runner'>;
export const Instant: z.ZodType<Instant> = z.number().int();

/** By Buildkite's servers: histories, connections, builds. */
export type BuildkiteInstant = OfClock<'buildkite'>;
export const BuildkiteInstant: z.ZodType<BuildkiteInstant> = z.number().int();

/** By the host that the agent runs on: `startedAt` and `finishedAt` of a job. */
export type AgentInstant = OfClock<'agent'>;
export const AgentInstant: z.ZodType<AgentInstant> = z.number().int();

/** By the control plane of ECS: `stoppingAt`, `stoppedAt`, `createdAt`. */
export type EcsInstant = OfClock<'ecs'>;
export const EcsInstant: z.ZodType<EcsInstant> = z.number().int();

/** By the EC2 instance that a task runs on, on Fargate by AWS's own host: `executionStoppedAt`. */
export type InstanceInstant = OfClock<'instance'>;
export const InstanceInstant: z.ZodType<InstanceInstant> = z.number().int();

/** Midnight UTC of a day of the Gregorian calendar, epoch milliseconds; null where there is no such day, or before the year 100. */
export function readDay(year: number, month: number, day: number): number | null {
  const at = (ofMonth: number, ofDay: number): number => Date.UTC(year, ofMonth - 1, ofDay);
  // What is too large is carried over, and years of two digits are taken for the 20th century.
  const exists = year >= 100 && month >= 1 && month <= 12 && day >= 1 && at(month, day) < at(month + 1, 1);
  return exists ? at(month, day) : null;
}

/** A duration in whole seconds, not below none: tenths would promise more than is known of what is still to come. */
export function formatWholeSeconds(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1000)) * 1000;
  return whole < 60_000 ? `${String(whole / 1000)} s` : formatSpan(whole);
}

/** A duration as people read it, of either sign: `574 ms`, `4.7 s`, `2 min 5 s`, `1 h 4 min`. */
export function formatSpan(ms: number): string {
  if (ms < 0) return `-${formatSpan(-ms)}`;
  if (Math.round(ms) < 1000) return `${String(Math.round(ms))} ms`;
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(seconds % 60)} s`;
  return `${String(Math.trunc(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** `4.7 s to 5.9 s`; one of them where both read the same. */
export function formatSpanBetween(least: number, most: number): string {
  const [from, to] = [formatSpan(least), formatSpan(most)];
  return from === to ? from : `${from} to ${to}`;
}
