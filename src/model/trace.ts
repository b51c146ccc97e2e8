/** Whose trace the drill's spans belong to: that of the caller's TRACEPARENT, or one of its own. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** A `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context/#traceparent-header); null where it is none. */
export function parseTraceparent(text: string | undefined): TraceParent | null {
  const found = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/.exec(text ?? '');
  const [, traceId = '', spanId = ''] = found ?? [];
  if (found === null || /^0+$/.test(traceId) || /^0+$/.test(spanId) || text?.startsWith('ff') === true)
    return null;
  return { traceId, spanId };
}

/** The trace of a drill: the caller's, else one that follows from the drill's id, so that it is the same whenever it is sent. */
export function traceIdOf(drill: string, parent: TraceParent | null): string {
  return (
    parent?.traceId ??
    drill
      .replace(/[^0-9a-f]/g, '')
      .padEnd(32, '0')
      .slice(0, 32)
  );
}

/** The id of the drill's nth span; 0 is that of the whole drill. It follows from the random digits of the drill's id. */
export function spanIdOf(drill: string, nth: number): string {
  const tail = BigInt(
    `0x${drill
      .replace(/[^0-9a-f]/g, '')
      .slice(14)
      .padEnd(16, '1')}`,
  );
  const id = BigInt.asUintN(64, tail + BigInt(nth));
  return (id === 0n ? 1n : id).toString(16).padStart(16, '0');
}

/** What a build that the drill creates is given, so that its own spans lie below the drill's. */
export function traceparentFor(drill: string, parent: TraceParent | null): string {
  return `00-${traceIdOf(drill, parent)}-${spanIdOf(drill, 0)}-01`;
}
