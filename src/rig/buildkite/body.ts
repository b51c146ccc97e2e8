import type { Context } from 'hono';

/** A request's JSON object; anything else counts as an empty one, since agents send no body to some calls. */
export async function bodyOf(c: Context): Promise<Readonly<Record<string, unknown>>> {
  const text = await c.req.text();
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/** A field as text; agents send some numbers as numbers and some as strings. */
export function textField(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = body[key];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
