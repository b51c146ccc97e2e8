import type * as z from 'zod';

import { EcsError } from './errors.ts';

/** A refusal of a document that a client wrote. */
export function client(message: string): EcsError {
  return new EcsError('ClientException', message);
}

/** An attribute without a value asks for nothing, as in the output of describe-task-definition. */
function asksForNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(asksForNothing);
}

/** Refuses by name what a document asks for and the rig does not do (ECS-28). */
export function refuseUnmodelled(given: object, known: readonly string[], where: string): void {
  for (const [key, value] of Object.entries(given)) {
    if (known.includes(key) || asksForNothing(value)) continue;
    throw client(
      `${where}: the rig does not model "${key}"; remove it, or rehearse this definition on ECS itself`,
    );
  }
}

/** Reads a part of a document, naming the place of a mistake. */
export function parse<S extends z.ZodType>(shape: S, value: unknown, where: string): z.infer<S> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw client(`${where}: ${[...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`);
}
