import { z } from 'zod';
import type { Tool } from './tools.ts';

/** A command as the manifest describes it: what its help shows too. */
export const Described = z.object({
  summary: z.string(),
  flags: z.record(
    z.string(),
    z.object({
      type: z.enum(['boolean', 'option']),
      description: z.string(),
      helpValue: z.string().optional(),
      options: z.array(z.string()).optional(),
      multiple: z.boolean().optional(),
      required: z.boolean().optional(),
    }),
  ),
});
export type Described = z.infer<typeof Described>;
type Flag = Described['flags'][string];

/** What a tool may be given, checked. */
export type Input = Readonly<Record<string, boolean | string | readonly string[] | undefined>>;

/** No operand begins with a dash: it would be read as a flag, or end the flags. */
const Operand = z.string().regex(/^[^-]/, 'may not begin with "-"; write ./-name for such a file');

/** The schema of a tool's input, made from the flags of its command. */
export function schemaOf({ flags, operand }: Tool, command: Described): z.ZodObject {
  const fields: Record<string, z.ZodType> = {};
  if (operand?.name === 'files') fields['files'] = z.array(Operand).min(1).describe(operand.about);
  else if (operand !== null) fields[operand.name] = Operand.describe(operand.about);
  for (const name of flags) {
    const flag = command.flags[name];
    if (flag === undefined) throw new Error(`the command has no flag --${name}`);
    const value = valueOf(flag).describe(describeFlag(flag));
    fields[name] = flag.required === true ? value : value.optional();
  }
  return z.strictObject(fields);
}

function valueOf({ type, options, multiple }: Flag): z.ZodType {
  if (type === 'boolean') return z.boolean();
  const one = options === undefined ? z.string() : z.enum(options);
  return multiple === true ? z.array(one) : one;
}

function describeFlag({ description, helpValue }: Flag): string {
  return helpValue === undefined ? description : `${helpValue}: ${description}`;
}

/** The words after `gameday`. A value stands in one word with its flag, so that it cannot be read as another flag. */
export function wordsOf({ command, always, operand, isText }: Tool, input: Input): readonly string[] {
  const { [operand?.name ?? '']: operands = [], ...flags } = input;
  const given = Object.entries(flags).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : [];
    return [value ?? []].flat().map((one) => `--${name}=${one}`);
  });
  const answer = isText === true ? '--reporter=markdown' : '--json';
  return [...command, ...always, answer, ...given, ...[operands].flat().map(String)];
}
