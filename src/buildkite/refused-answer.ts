import type { HttpHeaders } from '../http/request.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** An answer with a status other than 2xx, or of GraphQL with `errors`. */
export class RefusedAnswer extends Error {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The answer, if it is a JSON object; Buildkite's refusals outside GraphQL have a `message`. */
  readonly answer: JsonObject;

  constructor(status: number, headers: HttpHeaders, answer: JsonObject) {
    super(`HTTP ${String(status)}`);
    this.name = 'RefusedAnswer';
    this.status = status;
    this.headers = headers;
    this.answer = answer;
  }
}

/** The body as a JSON object; null if it is something else. */
export function readObject(body: Uint8Array): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as JsonObject)
      : null;
  } catch {
    return null;
  }
}
