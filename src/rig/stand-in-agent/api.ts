import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const REQUEST_TIMEOUT_MS = 10_000;

/** An answer of the Agent API; status 0 means that none came. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One call, with its own token. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly token: string;
  readonly json?: unknown;
  readonly gzip?: Buffer;
}

/** A client of the Agent API; node's own http, because a worker should be up in a blink. */
export interface Api {
  once(call: Call): Promise<Answer>;
  /** Tries again while the answer is none, 429 or 5xx. */
  insist(call: Call, tries: number, everyMs: number): Promise<Answer>;
  /** Does something again and again, until the function that it gives is called or the agent is no more. */
  every(ms: number, work: () => void): () => void;
}

/** Whether the call did what it should. */
export function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** Whether asking again is of no use. */
export function isFinal(answer: Answer): boolean {
  return answer.status >= 400 && answer.status < 500 && answer.status !== 429;
}

/** A client for an endpoint such as http://127.0.0.1:3000/v3. Whose agent is gone calls nobody any more, and waits for ever. */
export function openApi(endpoint: string, gone?: AbortSignal): Api {
  const base = endpoint.replace(/\/+$/, '');
  const once = (call: Call): Promise<Answer> =>
    gone?.aborted === true ? new Promise(() => undefined) : send(new URL(`${base}${call.path}`), call);
  return {
    once,
    insist: async (call, tries, everyMs) => {
      let answer = await once(call);
      for (let left = tries - 1; left > 0 && !isOk(answer) && !isFinal(answer); left -= 1) {
        await sleep(everyMs);
        answer = await once(call);
      }
      return answer;
    },
    every: (ms, work) => {
      const timer = setInterval(() => {
        if (gone?.aborted === true) clearInterval(timer);
        else work();
      }, ms);
      return () => {
        clearInterval(timer);
      };
    },
  };
}

/** Waits; the timer keeps the process alive. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function send(url: URL, call: Call): Promise<Answer> {
  const payload = call.gzip ?? (call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json)));
  const kind: Record<string, string> =
    call.gzip === undefined
      ? { 'Content-Type': 'application/json' }
      : { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' };
  const headers = {
    Authorization: `Token ${call.token}`,
    'User-Agent': 'gameday-stand-in-agent',
    ...(payload === undefined ? {} : { ...kind, 'Content-Length': String(payload.length) }),
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: 0, body: {} });
    const outgoing = request(
      url,
      { method: call.method, headers, timeout: REQUEST_TIMEOUT_MS },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', none);
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString('utf8')) });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', none);
    outgoing.end(payload);
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}
