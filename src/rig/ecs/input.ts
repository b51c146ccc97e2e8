import * as z from 'zod';

import { invalid } from './errors.ts';

/** One operation: takes the request's document, gives the answer's. */
export type Operation = (input: unknown) => Record<string, unknown>;

/** Reads a request; a member that the rig does not model is refused by name. */
export function read<S extends z.ZodType>(shape: S, input: unknown): z.infer<S> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    throw invalid(
      `the rig does not model ${issue.keys.map((key) => `"${key}"`).join(', ')} of this operation`,
    );
  }
  throw invalid(`${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'invalid'}`);
}

/** Tags in the shape of the ECS API. */
export const tagsShape = z.array(z.strictObject({ key: z.string(), value: z.string().default('') }));

/** Tags as a record. */
export function tagRecord(tags: z.infer<typeof tagsShape>): Record<string, string> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

/** What ECS says of something it does not find, in an answer that is HTTP 200 all the same. */
export function missing(arn: string): { readonly arn: string; readonly reason: 'MISSING' } {
  return { arn, reason: 'MISSING' };
}

/** Cuts a page out of a list; the token is the place where the next one begins. */
export function page(
  all: readonly string[],
  maxResults: number | undefined,
  token: string | undefined,
): { readonly items: readonly string[]; readonly nextToken?: string } {
  const start = token === undefined ? 0 : Number.parseInt(Buffer.from(token, 'base64url').toString(), 10);
  if (Number.isNaN(start)) throw invalid('Invalid token ' + String(token));
  const end = start + (maxResults ?? 100);
  const items = all.slice(start, end);
  return end < all.length ? { items, nextToken: Buffer.from(String(end)).toString('base64url') } : { items };
}
