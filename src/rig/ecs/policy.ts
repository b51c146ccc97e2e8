import * as z from 'zod';
import { fits } from '../wildcard.ts';

/** One question that IAM answers: may this action be done to this resource, with these condition keys? */
export interface Question {
  readonly action: string;
  /** ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  /** Condition keys that are there, in lower case. */
  readonly keys: Readonly<Record<string, string>>;
  /** Condition keys with several values, in lower case. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

/** What a policy says; `allow` names the Sids of the statements that do. */
export type Decision =
  | { readonly is: 'allow'; readonly by: readonly string[] }
  | { readonly is: 'explicit-deny' }
  | { readonly is: 'implicit-deny' };

const listed = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const operators = [
  'ArnEquals',
  'ArnLike',
  'StringEquals',
  'StringLike',
  'ForAllValues:StringEquals',
] as const;
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: listed,
  Resource: listed,
  Condition: z.partialRecord(z.enum(operators), z.record(z.string(), listed)).default({}),
});

/** The part of IAM's policy language that the rig can judge; anything else in a policy is refused when it is read. */
export const policyShape = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.array(statement),
});
export type AccessPolicy = z.infer<typeof policyShape>;
type Statement = AccessPolicy['Statement'][number];

/** IAM's logic for one identity-based policy: an explicit deny, else an allow, else the deny that is the default. */
export function decide(policy: AccessPolicy, question: Question): Decision {
  const applying = policy.Statement.map((one, at) => ({ one, name: one.Sid ?? `#${at + 1}` })).filter(
    ({ one }) => applies(one, question),
  );
  if (applying.some(({ one }) => one.Effect === 'Deny')) return { is: 'explicit-deny' };
  const by = applying.map(({ name }) => name);
  return by.length > 0 ? { is: 'allow', by } : { is: 'implicit-deny' };
}

function applies(one: Statement, { action, resource, keys, lists = {} }: Question): boolean {
  // Actions are compared without regard to case, resources with it.
  return (
    one.Action.some((pattern) => fits(pattern.toLowerCase(), action.toLowerCase())) &&
    one.Resource.some((pattern) => fits(pattern, resource)) &&
    Object.entries(one.Condition).every(([operator, wanted]) =>
      operator.startsWith('ForAllValues:') ? holdsForAll(wanted, lists) : holds(operator, wanted, keys),
    )
  );
}

/** Each value of the request is one of those; a request without any value holds (IAM User Guide, set operators). */
function holdsForAll(
  wanted: Readonly<Record<string, readonly string[]>>,
  lists: Readonly<Record<string, readonly string[]>>,
): boolean {
  return Object.entries(wanted).every(([key, values]) =>
    (lists[key.toLowerCase()] ?? []).every((found) => values.includes(found)),
  );
}

/** A key that is not there fails its condition; of several values one is enough. */
function holds(
  operator: string,
  wanted: Readonly<Record<string, readonly string[]>>,
  keys: Question['keys'],
): boolean {
  return Object.entries(wanted).every(([key, values]) => {
    const found = keys[key.toLowerCase()];
    return found !== undefined && values.some((value) => compares(operator, value, found));
  });
}

function compares(operator: string, wanted: string, found: string): boolean {
  if (operator === 'StringEquals') return wanted === found;
  if (operator === 'StringLike') return fits(wanted, found);
  // ArnEquals and ArnLike are the same: each of an ARN's six parts by itself.
  const [left, right] = [parts(wanted), parts(found)];
  return left.length === right.length && left.every((part, at) => fits(part, right[at] ?? ''));
}

function parts(arn: string): readonly string[] {
  const all = arn.split(':');
  return all.length <= 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')];
}
