import { z } from 'zod';
import { ScenarioFile } from './schema.ts';

/** A JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Scalars in which a variable has no place: they choose what a scenario means. */
const FIXED = new Set(['version', 'when.trigger', 'inject.fault']);

/** The schema of scenario files for editors; draft 7 is what the YAML language server reads best. */
export function makeScenarioJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(ScenarioFile, { io: 'input', target: 'draft-7', reused: 'inline' });
  return { title: 'gameday scenario', ...withVariables(schema, '') };
}

/** Lets `${NAME}` stand wherever more than any text is asked for. */
function withVariables(schema: JsonSchema, name: string): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  if (isSchema(properties)) {
    const changed = Object.entries(properties).map(([key, value]) => {
      const inner = isSchema(value) ? withVariables(value, name === '' ? key : `${name}.${key}`) : value;
      return [key, inner] as const;
    });
    return { ...schema, properties: Object.fromEntries(changed) };
  }
  const { oneOf } = schema;
  if (Array.isArray(oneOf)) {
    return {
      ...schema,
      oneOf: oneOf.map((one: unknown) => (isSchema(one) ? withVariables(one, name) : one)),
    };
  }
  if (isSchema(items)) return { ...schema, items: withVariables(items, `${name}[]`) };
  if (isSchema(additionalProperties) || FIXED.has(name) || isPlainText(schema)) return schema;
  const { description, default: preset, ...asked } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [asked, { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' }],
  };
}

function isPlainText(schema: JsonSchema): boolean {
  const { anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.some((one: unknown) => isSchema(one) && isPlainText(one));
  return schema['type'] === 'string' && !['enum', 'pattern', 'format', 'const'].some((key) => key in schema);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
