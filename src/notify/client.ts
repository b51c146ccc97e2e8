import { createHmac } from 'node:crypto';
import { createAgents } from '../http/agents.ts';
import { AbortedError, DeadlineError, withDeadline } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import type { Proxies } from '../http/proxies.ts';
import { sendRequest } from '../http/request.ts';
import { toOneLine } from '../http/trouble.ts';
import type { Clock } from '../model/clock.ts';
import type { Hook, Notice, Sender, Told } from '../model/entities/notice.ts';
import { makeBody, makeSlackBody } from './body.ts';
import type { Notifier } from './port.ts';

export interface NotifierOptions {
  readonly hooks: readonly Hook[];
  readonly from: Sender;
  /** Takes out of a notice what must not leave. */
  readonly hide?: (notice: Notice) => Notice;
  readonly proxies?: Proxies | undefined;
  readonly clock: Clock;
  /** How long one try may take, milliseconds. */
  readonly tryMs?: number;
}

const TRIES = 3;
const TRY_MS = 5_000;
/** The wait before the second try, and before the third, milliseconds. */
const WAITS = [500, 1_500];

/** Tells hooks over HTTP. Nothing that it says holds more of an address than its host. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { hooks, from, hide = (notice) => notice, proxies, clock, tryMs = TRY_MS } = options;
  const agents = createAgents(proxies);

  /** One try: null where it was taken. */
  async function send(
    hook: Hook,
    id: string,
    body: string,
    ms: number,
    signal: AbortSignal,
  ): Promise<Failure | null> {
    try {
      const timestamp = String(Math.floor(clock.now() / 1000));
      const { status } = await withDeadline(signal, ms, (inner) =>
        sendRequest(new URL(hook.url), {
          ...{ method: 'POST', body, signal: inner, agents, wantsBody: () => false },
          headers: {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(body)),
            'user-agent': `gameday/${from.gameday}`,
            ...(hook.kind === 'slack' ? {} : headersOf(hook, id, timestamp, body)),
          },
        }),
      );
      if (status >= 200 && status <= 299) return null;
      // What is wrong with the request stays wrong; a limit and a broken server may pass.
      return {
        said: `it answers HTTP ${String(status)}`,
        isFinal: status < 500 && status !== 408 && status !== 429,
      };
    } catch (error) {
      if (error instanceof AbortedError) return { said: 'interrupted', isFinal: true };
      if (error instanceof DeadlineError) return { said: error.message, isFinal: false };
      return { said: networkFailureOf(error, 'it')?.said ?? 'it cannot be told', isFinal: false };
    }
  }

  async function tellOne(hook: Hook, notice: Notice, endsAt: number, signal: AbortSignal): Promise<Told> {
    const whole = makeBody(hide(notice), from, new Date(clock.now()).toISOString());
    const body = JSON.stringify(hook.kind === 'slack' ? makeSlackBody(whole) : whole);
    const to = { kind: hook.kind, host: hook.host };
    let failure: Failure = { said: 'there was no time for it', isFinal: true };
    for (let tries = 0; tries < TRIES; tries += 1) {
      const left = endsAt - clock.now();
      if (left <= 0 || signal.aborted) return { to, result: 'not-told', tries, said: failure.said };
      const failed = await send(hook, notice.id, body, Math.min(tryMs, left), signal);
      if (failed === null) return { to, result: 'told', tries: tries + 1, said: null };
      failure = { ...failed, said: toOneLine(failed.said) };
      if (failure.isFinal) return { to, result: 'not-told', tries: tries + 1, said: failure.said };
      await clock.sleep(Math.min(WAITS[tries] ?? 0, Math.max(0, endsAt - clock.now())), signal);
    }
    return { to, result: 'not-told', tries: TRIES, said: failure.said };
  }

  return {
    tell: (notice, patience, signal) => {
      const endsAt = clock.now() + patience;
      return Promise.all(hooks.map((hook) => tellOne(hook, notice, endsAt, signal)));
    },
  };
}

interface Failure {
  readonly said: string;
  /** Whether another try would end the same. */
  readonly isFinal: boolean;
}

/** The signature covers time and body, so that nobody can change one of them, nor send an old notice as a new one. */
function headersOf(
  { secret }: Hook,
  id: string,
  timestamp: string,
  body: string,
): Readonly<Record<string, string>> {
  const common = { 'x-gameday-id': id, 'x-gameday-timestamp': timestamp };
  if (secret === null) return common;
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { ...common, 'x-gameday-signature': `sha256=${signature}` };
}
