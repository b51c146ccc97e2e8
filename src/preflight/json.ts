/** JSON as plain data. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };
/** The way to a value in a document: keys and indexes. */
export type Path = readonly (string | number)[];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of an object, undefined where there is none. */
export function member(value: Json | undefined, name: string): Json | undefined {
  if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
  return value[name];
}

/** The value at a path, undefined where there is none. */
export function valueAt(value: Json | undefined, path: Path): Json | undefined {
  let found = value;
  for (const part of path) {
    found = typeof part === 'number' ? itemsOf(found)[part] : member(found, part);
  }
  return found;
}

/** The entries of a list; empty where the value is not a list. */
export function itemsOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The value as a list of texts, null where it is anything else. */
export function textsOf(value: Json | undefined): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  const items: readonly unknown[] = value;
  return items.every((item) => typeof item === 'string') ? items : null;
}

export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** A path as text: `containerDefinitions[0].stopTimeout`; a key that is not a plain word stands in quotes. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${String(part)}]`;
    if (!/^[A-Za-z_$][\w$]*$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** A copy with the value at the path set, or removed where `after` is undefined. Missing objects on the way are created. */
export function withValue(value: Json | undefined, path: Path, after: Json | undefined): Json {
  const [part, ...rest] = path;
  if (part === undefined) return after ?? null;
  if (typeof part === 'number') {
    const items = itemsOf(value);
    if (rest.length === 0 && after === undefined) return items.filter((_, index) => index !== part);
    const changed = withValue(items[part], rest, after);
    return part < items.length
      ? items.map((item, index) => (index === part ? changed : item))
      : [...items, changed];
  }
  const object = isObject(value) ? value : {};
  if (rest.length === 0 && after === undefined)
    return Object.fromEntries(Object.entries(object).filter(([key]) => key !== part));
  return { ...object, [part]: withValue(member(object, part), rest, after) };
}
