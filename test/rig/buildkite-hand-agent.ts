import { field, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';

/** An agent whose every call the test makes itself. */
export interface HandAgent {
  readonly id: string;
  readonly token: string;
  call(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Sends no more heartbeats; without them an agent is lost, whatever else it calls. */
  fallSilent(): void;
  /** Pings until a job is given, then accepts it. */
  take(): Promise<HandJob>;
}

const HEARTBEAT_EVERY_MS = 300;

/** A job that a hand-driven agent accepted. */
export interface HandJob {
  readonly id: string;
  readonly token: string;
  readonly env: unknown;
  start(): Promise<number>;
  state(): Promise<unknown>;
  finish(exitStatus: string, more?: Readonly<Record<string, unknown>>): Promise<number>;
}

/** Registers and connects an agent; until it falls silent its heart beats by itself, as a real agent's does. */
export async function handAgent(
  bench: Bench,
  tags: readonly string[] = [],
  name = 'hand',
  more: Readonly<Record<string, unknown>> = {},
): Promise<HandAgent> {
  const json = { name, hostname: 'h', version: '3.137.0', meta_data: tags, pid: 1, ...more };
  const reply: unknown = await (
    await bench.agentCall('POST', '/register', bench.rig.agentToken, json)
  ).json();
  const token = String(field(reply, 'access_token'));
  const call: HandAgent['call'] = async (method, path, body, other = token) => {
    const answer = await bench.agentCall(method, path, other, body);
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  await call('POST', '/connect');
  const heart = setInterval(() => {
    // When the rig has closed there is nobody left to hear it.
    call('POST', '/heartbeat', { sent_at: 'now' }).catch(() => clearInterval(heart));
  }, HEARTBEAT_EVERY_MS).unref();
  const take: HandAgent['take'] = async () => {
    const id = await until('a job', async () => field((await call('GET', '/ping')).body, 'job', 'id'));
    const accepted = await call('PUT', `/jobs/${String(id)}/accept`);
    if (accepted.status !== 200) throw new Error(`accept answered ${accepted.status}`);
    return handJob(call, String(id), accepted.body);
  };
  const fallSilent = (): void => clearInterval(heart);
  return { id: String(field(reply, 'id')), token, call, fallSilent, take };
}

function handJob(call: HandAgent['call'], id: string, document: unknown): HandJob {
  const token = String(field(document, 'token'));
  return {
    id,
    token,
    env: field(document, 'env'),
    start: async () =>
      (await call('PUT', `/jobs/${id}/start`, { started_at: new Date().toISOString() }, token)).status,
    state: async () => field((await call('GET', `/jobs/${id}`, undefined, token)).body, 'state'),
    finish: async (exitStatus, more = {}) => {
      const body = { exit_status: exitStatus, finished_at: new Date().toISOString(), ...more };
      return (await call('PUT', `/jobs/${id}/finish`, body, token)).status;
    },
  };
}
