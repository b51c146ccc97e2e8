import { z } from 'zod';
import { createAgents } from '../http/agents.ts';
import { OversizeAnswerError } from '../http/bounded.ts';
import { AbortedError, DeadlineError, withDeadline } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import type { Proxies } from '../http/proxies.ts';
import { sendRequest } from '../http/request.ts';
import { makeTrouble, toOneLine } from '../http/trouble.ts';
import type { Answer, Trouble } from '../model/answer.ts';
import { Counter } from '../model/entities/counter.ts';
import { runForOutput } from './command.ts';
import type { OpenCommand } from './command.ts';
import type { Counters, CounterSource } from './port.ts';

export interface CountersOptions {
  readonly openCommand: OpenCommand;
  readonly proxies?: Proxies;
  /** How long an address or a command may take, milliseconds. */
  readonly timeoutMs?: number;
}

/** A command may have to fetch credentials and ask a service of logs or metrics, milliseconds. */
const TIMEOUT_MS = 20_000;

/** Reads counters. What an address or a command says besides is never shown: it may hold credentials. */
export function createCounters({ openCommand, proxies, timeoutMs = TIMEOUT_MS }: CountersOptions): Counters {
  const agents = createAgents(proxies);

  async function askAddress(url: string, signal: AbortSignal): Promise<string> {
    const answer = await sendRequest(new URL(url), {
      ...{ method: 'GET', signal, agents, headers: { accept: 'application/json' } },
      wantsBody: (status) => status >= 200 && status <= 299,
    });
    const { status, body } = answer;
    if (status < 200 || status > 299)
      throw new CounterError(kindOf(status), `its address answers HTTP ${String(status)}`);
    return new TextDecoder().decode(body);
  }

  return {
    async read(source, signal) {
      try {
        const text = await withDeadline(signal, timeoutMs, (inner) =>
          source.url === null
            ? runCommand(source.command ?? [], timeoutMs, openCommand, inner)
            : askAddress(source.url, inner),
        );
        return { ok: true, value: parseCounter(text) };
      } catch (error) {
        return makeUnread(source, error);
      }
    },
  };
}

/** Why a counter could not be read, as a clause that gives nothing away. */
class CounterError extends Error {
  readonly kind: Trouble['kind'];

  constructor(kind: Trouble['kind'], said: string) {
    super(said);
    this.kind = kind;
  }
}

function kindOf(status: number): Trouble['kind'] {
  if (status === 401 || status === 403) return 'denied';
  return status === 404 ? 'not-found' : 'server-error';
}

async function runCommand(
  words: readonly string[],
  limit: number,
  openCommand: OpenCommand,
  signal: AbortSignal,
): Promise<string> {
  const ran = await runForOutput(words, limit, openCommand, signal);
  if (!ran.ok)
    throw new CounterError(ran.trouble.kind, `its command could not be started: ${ran.trouble.message}`);
  const { exitCode, signal: by, output } = ran.value;
  if (exitCode === 0) return output;
  throw new CounterError(
    'refused',
    `its command ended with ${by === null ? `exit code ${String(exitCode)}` : `signal ${by}`}`,
  );
}

function parseCounter(text: string): Counter {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CounterError('garbage', 'what was read is not JSON');
  }
  const shown = Shown.safeParse(json);
  const counter = shown.success ? Counter.safeParse(shown.data) : shown;
  if (counter.success) return counter.data;
  const [issue] = counter.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new CounterError('garbage', `what was read is no counter: ${where}${issue?.message ?? ''}`);
}

/** A counter may say more than is asked of it. */
const Shown = z.object(Counter.shape);

function makeUnread({ container }: CounterSource, error: unknown): Answer<never> {
  const what = toOneLine(`the counter of ${container}`);
  const make = (kind: Trouble['kind'], said: string): Answer<never> => ({
    ok: false,
    trouble: makeTrouble(kind, `${what}: ${toOneLine(said)}`),
  });
  if (error instanceof CounterError) return make(error.kind, error.message);
  if (error instanceof AbortedError) return make('aborted', 'interrupted');
  if (error instanceof DeadlineError) return make('timeout', error.message);
  if (error instanceof OversizeAnswerError) return make('garbage', `its answer ${error.message}`);
  const network = networkFailureOf(error, 'its address');
  return network === null ? make('garbage', 'it cannot be asked') : make(network.kind, network.said);
}
