/**
 * The same value as `now`, made of the parts of `before` where they are equal: a journal tells each fact whole whenever a part
 * of it changed, and without this a long one would hold the same texts and lists many times over.
 */
export function shareParts(before: unknown, now: unknown): unknown {
  // Two equal texts are two objects in memory: the older one is kept.
  if (before === now) return before;
  if (Array.isArray(now)) {
    const old: readonly unknown[] = Array.isArray(before) ? before : [];
    const parts = now.map((part, index) => shareParts(old[index], part));
    const isSame = Array.isArray(before) && parts.length === old.length;
    return isSame && parts.every((part, index) => part === old[index]) ? before : parts;
  }
  if (!isRecord(now)) return now;
  const old = isRecord(before) ? before : {};
  const names = Object.keys(now);
  const parts = names.map((name) => [name, shareParts(readOwn(old, name), now[name])] as const);
  const isSame =
    isRecord(before) &&
    Object.keys(old).length === names.length &&
    parts.every(([name, part]) => Object.hasOwn(old, name) && part === old[name]);
  return isSame ? before : Object.fromEntries(parts);
}

function readOwn(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
