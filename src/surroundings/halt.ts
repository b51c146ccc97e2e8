import type { Answer } from '../model/answer.ts';
import type { Halt } from '../model/entities/surroundings.ts';
import type { Agents } from '../http/agents.ts';
import { AbortedError, DeadlineError, withDeadline } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import { sendRequest } from '../http/request.ts';
import { toOneLine, makeTrouble } from '../http/trouble.ts';
import { hasFileAt, makeUnwritable } from './files.ts';

interface Condition {
  readonly name: string;
  readonly file?: string;
  readonly url?: string;
}

/** How an address is asked. */
interface Way {
  readonly agents: Agents;
  readonly timeoutMs: number;
}

/** Reads one halt condition: an existing file halts the drill, as does an address that answers anything but 2xx. */
export async function readHalt(condition: Condition, way: Way, signal: AbortSignal): Promise<Answer<Halt>> {
  const { name, file, url } = condition;
  if (file !== undefined) {
    try {
      if (await hasFileAt(file)) return { ok: true, value: { name, halted: true, said: `${file} exists` } };
    } catch (error) {
      return { ok: false, trouble: makeUnwritable(`halt condition "${name}":`, file, error) };
    }
  }
  if (url !== undefined) return askAddress(name, url, way, signal);
  return {
    ok: true,
    value: { name, halted: false, said: file === undefined ? 'nothing to read' : `no ${file}` },
  };
}

async function askAddress(
  name: string,
  url: string,
  { agents, timeoutMs }: Way,
  signal: AbortSignal,
): Promise<Answer<Halt>> {
  try {
    const status = await withDeadline(signal, timeoutMs, async (inner) => {
      const answer = await sendRequest(new URL(url), {
        method: 'GET',
        signal: inner,
        agents,
        wantsBody: () => false,
      });
      return answer.status;
    });
    const halted = status < 200 || status > 299;
    return { ok: true, value: { name, halted, said: `its address answers HTTP ${String(status)}` } };
  } catch (error) {
    return { ok: false, trouble: makeUnanswered(name, error) };
  }
}

/** The trouble of a halt condition's address, which is not shown, as it may contain credentials. */
function makeUnanswered(name: string, error: unknown): ReturnType<typeof makeTrouble> {
  const what = toOneLine(`halt condition "${name}"`);
  if (error instanceof AbortedError) return makeTrouble('aborted', `${what}: interrupted`);
  if (error instanceof DeadlineError) return makeTrouble('timeout', `${what}: ${error.message}`);
  const network = networkFailureOf(error, 'its address');
  if (network !== null) return makeTrouble(network.kind, `${what}: ${network.said}`);
  return makeTrouble('garbage', `${what}: its address cannot be asked`);
}
