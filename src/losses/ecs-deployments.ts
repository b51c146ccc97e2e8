import { z } from 'zod';
import { readInstant } from '../forecast/instant.ts';
import { instantOf } from './document.ts';
import type { Deployment } from './document.ts';

/** A time as the AWS command line prints it. */
const Time = z.string().transform((text, context) => {
  const at = readInstant(text)?.at;
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'not a time' });
  return z.NEVER;
});
/** The part of a service that tells of its deployments (API, Service: deployments, and its last hundred events). */
const Service = z.object({
  deployments: z.array(z.object({ id: z.string(), createdAt: Time.optional() })).default([]),
  events: z.array(z.object({ createdAt: Time, message: z.string() })).default([]),
});

/** The deployments that a service as ECS describes it still tells of, the first first; null if it is no service. */
export function deploymentsIn(document: unknown): readonly Deployment[] | null {
  const read = Service.safeParse(document);
  if (!read.success) return null;
  const { deployments, events } = read.data;
  const completed = new Map(
    events.flatMap(({ createdAt, message }) => {
      const id = /\(deployment ([^)\s]+)\) deployment completed/.exec(message)?.[1];
      return id === undefined ? [] : [[id, createdAt] as const];
    }),
  );
  const began = new Map(deployments.map(({ id, createdAt }) => [id, createdAt ?? null] as const));
  return [...new Set([...began.keys(), ...completed.keys()])]
    .map((id) => ({ id, beganAt: began.get(id) ?? null, completedAt: completed.get(id) ?? null }))
    .toSorted((a, b) => instantOf(a) - instantOf(b));
}
