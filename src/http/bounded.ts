/** Largest answer in bytes, decompressed. A page of Buildkite or a hundred tasks of ECS take a megabyte or two. */
export const LARGEST_ANSWER = 16 * 1024 * 1024;

/** Deepest nesting of lists and objects in an answer. Answers of both services stay under 30. */
export const DEEPEST_ANSWER = 100;

/** An answer exceeds the limits; no part of it is used. */
export class OversizeAnswerError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'OversizeAnswerError';
  }
}

/** An unread body, from any library. */
export interface Unread {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The header `Content-Length`: the size on the wire, before decompression. */
  readonly announced: string | null;
  /** Ends the transfer of a body that will not be read. */
  discard(): void | Promise<void>;
}

/** Reads a body to its end. Beyond the limits it ends the transfer and throws OversizeAnswerError. */
export async function readBounded(body: Unread, largest = LARGEST_ANSWER): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(body.announced ?? 0) > largest) {
    await body.discard();
    throw makeTooLarge(largest);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body.chunks) {
    size += chunk.length;
    // An error in the loop cancels the stream and the decompression before it.
    if (size > largest) throw makeTooLarge(largest);
    chunks.push(chunk);
  }
  const whole = joinChunks(chunks, size);
  if (isTooDeep(whole)) {
    throw new OversizeAnswerError(`is nested deeper than ${String(DEEPEST_ANSWER)} levels, the limit`);
  }
  return whole;
}

function makeTooLarge(largest: number): OversizeAnswerError {
  return new OversizeAnswerError(`is larger than ${String(largest / (1024 * 1024))} MiB, the limit`);
}

function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSE: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Whether JSON is nested too deeply, without parsing it. In UTF-8 no byte of a longer character equals a bracket. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (CLOSE.has(byte)) depth -= 1;
    else if (OPEN.has(byte)) {
      depth += 1;
      if (depth > DEEPEST_ANSWER) return true;
    }
  }
  return false;
}
