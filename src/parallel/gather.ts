import type { Clock } from '../model/clock.ts';

/** Asks one question. Everything that is asked in the same turn is answered together. */
export type Gather<Q, A> = (question: Q, signal: AbortSignal) => Promise<A>;

interface GatherOptions<Q, A> {
  readonly clock: Clock;
  /** Questions with the same key are asked once. */
  readonly keyOf: (question: Q) => string;
  /** How many questions one request takes. */
  readonly most: number;
  /** Gives an answer for each question, in their order. Its signal aborts when nobody waits for it any more. */
  readonly send: (questions: readonly Q[], signal: AbortSignal) => Promise<readonly A[]>;
  /** What an asker gets whose own signal has aborted. */
  readonly aborted: A;
}

interface Asker<A> {
  readonly signal: AbortSignal;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

interface Asked<Q, A> {
  readonly question: Q;
  readonly askers: Asker<A>[];
}

/** Gathers the questions of one turn and sends them in as few requests as possible. An answer never serves a question that came after its request. */
export function createGather<Q, A>(options: GatherOptions<Q, A>): Gather<Q, A> {
  let open: Map<string, Asked<Q, A>> | null = null;

  async function flush(asked: Map<string, Asked<Q, A>>): Promise<void> {
    await options.clock.sleep(0, new AbortController().signal);
    open = null;
    const all = [...asked.values()];
    for (let from = 0; from < all.length; from += options.most)
      void sendPart(all.slice(from, from + options.most), options);
  }

  return (question, signal) =>
    new Promise((resolve, reject) => {
      if (open === null) {
        open = new Map();
        void flush(open);
      }
      const key = options.keyOf(question);
      const asked = open.get(key) ?? { question, askers: [] };
      asked.askers.push({ signal, resolve, reject });
      open.set(key, asked);
    });
}

/** Sends one request. An asker that is interrupted is answered at once, and the last one of them ends the request. */
async function sendPart<Q, A>(
  part: readonly Asked<Q, A>[],
  { send, aborted }: GatherOptions<Q, A>,
): Promise<void> {
  const request = new AbortController();
  const askers = part.flatMap((one) => one.askers);
  const waiting = new Set(askers);
  const listeners = askers.map((asker) => {
    const leave = (): void => {
      asker.resolve(aborted);
      waiting.delete(asker);
      if (waiting.size === 0) request.abort();
    };
    if (asker.signal.aborted) leave();
    else asker.signal.addEventListener('abort', leave);
    return () => asker.signal.removeEventListener('abort', leave);
  });
  try {
    if (waiting.size === 0) return;
    const questions = part.map(({ question }) => question);
    const answers = await send(questions, request.signal);
    part.forEach((one, at) => {
      const answer = answers[at];
      for (const asker of one.askers)
        if (answer === undefined) asker.reject(new Error('a question without an answer'));
        else asker.resolve(answer);
    });
  } catch (error) {
    for (const asker of askers) asker.reject(error);
  } finally {
    for (const stop of listeners) stop();
  }
}
