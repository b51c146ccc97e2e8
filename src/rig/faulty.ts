import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

import { assertNever } from './failure.ts';
import type { FaultyRule, Harm } from './file-schema.ts';
import {
  errorAnswer,
  graphqlErrors,
  htmlAnswer,
  nullBesideError,
  truncated,
  withUnknownValues,
  type Answer,
  type Manners,
} from './faulty-answers.ts';
import { FaultyRules } from './faulty-rules.ts';
import { listenOnLoopback, type Listening } from './listen.ts';

/** A proxy that stands in front of one server. */
export interface ProxyOptions {
  readonly target: string;
  readonly rules: readonly FaultyRule[];
  readonly stopAccepted: () => boolean;
  /** How far the clock of the server behind it is ahead, for answers of the proxy's own; milliseconds. */
  readonly clockOffsetMs?: number;
  /** Told of every request that was harmed. */
  readonly onHarm: (operation: string, harm: Harm) => void;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly name: string;
  readonly manners: Manners;
}

/** Starts the proxy: it passes everything on, except where a rule wants harm. */
export function startProxy(options: ProxyOptions): Promise<Listening> {
  const rules = new FaultyRules(options.rules, options.stopAccepted);
  const server = createServer((incoming, outgoing) => {
    void serve(options, rules, incoming, outgoing).catch(() => {
      outgoing.destroy();
    });
  });
  return listenOnLoopback(server);
}

async function serve(
  options: ProxyOptions,
  rules: FaultyRules,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.setHeader('date', new Date(Date.now() + (options.clockOffsetMs ?? 0)).toUTCString());
  const asked = await readRequest(incoming);
  const harm = rules.harmFor(asked);
  if (harm === undefined) {
    send(outgoing, await forward(options.target, asked));
    return;
  }
  options.onHarm(asked.name, harm);
  await doHarm(options.target, asked, harm, outgoing);
}

async function readRequest(incoming: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return { request: incoming, body, ...recognize(incoming, body) };
}

function recognize(
  incoming: IncomingMessage,
  body: Buffer,
): { readonly name: string; readonly manners: Manners } {
  const target = incoming.headers['x-amz-target'];
  if (typeof target === 'string') return { name: target.split('.').at(-1) ?? target, manners: 'ecs' };
  const type = incoming.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const action = new URLSearchParams(body.toString('utf8')).get('Action');
    if (action !== null) return { name: action, manners: 'ecs' };
  }
  const path = incoming.url ?? '/';
  if (path.startsWith('/graphql')) return { name: graphqlName(body), manners: 'graphql' };
  return { name: `${incoming.method ?? 'GET'} ${path}`, manners: 'rest' };
}

function graphqlName(body: Buffer): string {
  try {
    const document = JSON.parse(body.toString('utf8')) as { operationName?: unknown; query?: unknown };
    if (typeof document.operationName === 'string') return document.operationName;
    return /\b(?:query|mutation)\s+(\w+)/.exec(String(document.query))?.[1] ?? 'anonymous';
  } catch {
    return 'anonymous';
  }
}

function forward(target: string, asked: Asked): Promise<Answer> {
  const { method, url, headers } = asked.request;
  return new Promise((resolve, reject) => {
    const passed = request(`${target}${url ?? '/'}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 502,
          headers: plain(response),
          body: Buffer.concat(chunks),
        });
      });
    });
    passed.once('error', reject);
    passed.end(asked.body);
  });
}

function plain(response: IncomingMessage): Record<string, string> {
  const dropped = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);
  return Object.fromEntries(
    Object.entries(response.headers).flatMap(([name, value]) =>
      value === undefined || dropped.has(name) ? [] : [[name, String(value)]],
    ),
  );
}

function send(outgoing: ServerResponse, answer: Answer): void {
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  outgoing.end(answer.body);
}

async function doHarm(target: string, asked: Asked, harm: Harm, outgoing: ServerResponse): Promise<void> {
  if (typeof harm === 'string') {
    await doWordHarm(target, asked, harm, outgoing);
  } else if ('delay' in harm) {
    await new Promise((resolve) => setTimeout(resolve, harm.delay).unref());
    send(outgoing, await forward(target, asked));
  } else if ('drop' in harm) {
    if (harm.drop === 'after') await forward(target, asked);
    outgoing.destroy();
  } else if ('answer' in harm) {
    const answer = errorAnswer(asked.manners, harm.answer, harm.error);
    send(outgoing, { ...answer, headers: { ...answer.headers, ...harm.headers } });
  } else if ('error' in harm) {
    send(outgoing, errorAnswer(asked.manners, 400, harm.error));
  } else if ('errors' in harm) {
    send(outgoing, graphqlErrors(harm.errors));
  } else if ('nullBeside' in harm) {
    send(outgoing, nullBesideError(await forward(target, asked), harm.nullBeside));
  } else {
    const answer = await forward(target, asked);
    const date = new Date(Date.now() + harm.date).toUTCString();
    send(outgoing, { ...answer, headers: { ...answer.headers, date } });
  }
}

async function doWordHarm(
  target: string,
  asked: Asked,
  harm: Extract<Harm, string>,
  outgoing: ServerResponse,
): Promise<void> {
  switch (harm) {
    case 'html':
      send(outgoing, htmlAnswer);
      return;
    case 'truncated':
      send(outgoing, truncated(await forward(target, asked)));
      return;
    case 'unknown-values':
      send(outgoing, withUnknownValues(await forward(target, asked)));
      return;
    case 'stall':
      // The connection stays open and silent until the other side gives up, or the rig ends.
      return;
    default:
      assertNever(harm);
  }
}
