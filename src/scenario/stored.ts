import { z } from 'zod';

/** The schema of what another schema gives: durations are milliseconds, defaults are filled in, what was left out is null. */
export type Stored<T extends z.ZodType> = z.ZodType<z.output<T>, z.output<T>>;

/** What gameday did before it had a key: journals of that time lack it, and are read as they were meant. */
export const FORMERLY = z.registry<{ readonly value: unknown }>();

/**
 * Derives the schema of the output from the one schema of the input, so that a journal is checked by the same ranges and
 * words as a file. Of a codec it is the output's side; a default has been filled in.
 */
export function deriveStoredForm<T extends z.ZodType>(schema: T): Stored<T> {
  // zod knows the two sides of a schema as types alone: this walk is where they become two schemas.
  return outputOf(schema) as Stored<T>;
}

function outputOf(schema: z.core.$ZodType): z.ZodType {
  const former = FORMERLY.get(schema);
  const form = formOf(schema);
  return former === undefined ? form : form.default(former.value);
}

function formOf(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return outputOf(schema.def.out);
  if (schema instanceof z.ZodPrefault) return outputOf(schema.def.innerType);
  if (schema instanceof z.ZodNullable) return outputOf(schema.def.innerType).nullable();
  if (schema instanceof z.ZodOptional) return outputOf(schema.def.innerType).optional();
  if (schema instanceof z.ZodArray) {
    const element = outputOf(schema.def.element);
    return element === schema.def.element ? schema : z.array(element);
  }
  if (schema instanceof z.ZodRecord) return z.record(schema.def.keyType, outputOf(schema.def.valueType));
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const members = schema.def.options.map((member) => outputOf(member) as z.ZodObject);
    return z.discriminatedUnion(schema.def.discriminator, members as [z.ZodObject, ...z.ZodObject[]]);
  }
  if (schema instanceof z.ZodObject) {
    const keys = Object.entries<z.core.$ZodType>(schema.shape);
    return z.strictObject(Object.fromEntries(keys.map(([key, value]) => [key, outputOf(value)])));
  }
  return schema as z.ZodType;
}

/** A key that may be left out, and is null then. */
export function orNull<T extends z.ZodType>(
  schema: T,
): z.ZodCodec<z.ZodOptional<T>, z.ZodNullable<Stored<T>>> {
  return z.codec(schema.optional(), deriveStoredForm(schema).nullable(), {
    decode: (value) => value ?? null,
    encode: (value) => value ?? undefined,
  });
}

/** A key that may be left out, and whose value is then one that nobody could write. */
export function orElse<T extends z.ZodType, F>(
  schema: T,
  stored: z.ZodType<z.output<T> | F, z.output<T> | F>,
  fallback: F,
): z.ZodCodec<z.ZodOptional<T>, z.ZodType<z.output<T> | F, z.output<T> | F>> {
  return z.codec(schema.optional(), stored, {
    decode: (value) => value ?? fallback,
    // Only read, never written back: a scenario file has its own author.
    encode: () => undefined,
  });
}
