import { countHalfFinished, followCounter, type Flush } from '../evidence/counters.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Counter } from '../model/entities/counter.ts';
import { formatSpan } from '../model/instants.ts';
import { counterSubject, listCounted, readStillFor } from '../scenario/subjects.ts';
import { no, unasked, unknown, yes, type Answered, type Check } from './check.ts';

/** Calls that a sidecar began and never finished. */
interface HalfFinished {
  readonly container: string;
  readonly calls: number;
  readonly from: Counter;
  readonly to: Counter;
  readonly events: readonly number[];
}

function follow(evidence: Evidence, name: string): Flush {
  return followCounter(evidence, evidence.target?.taskArn ?? '', name);
}

/** Null where no such call is proven: what is cut stays cut, and what is only begun may be finished until the counter stands still. */
function findHalfFinished(
  container: string,
  { before, after, isStill, hasOnlyGrown }: Flush,
): HalfFinished | null {
  if (before === null || after === null) return null;
  const [from, to] = [before.value, after.value];
  const calls = countHalfFinished(from, to);
  if (calls <= 0 || !hasOnlyGrown || (!isStill && to.cut === from.cut)) return null;
  return { container, calls, from, to, events: [before.seq, after.seq] };
}

/** What the watched containers are proven to have left half-finished. */
export function listHalfFinished(evidence: Evidence): readonly HalfFinished[] {
  return listCounted(evidence.plan)
    .map((name) => findHalfFinished(name, follow(evidence, name)))
    .filter((one) => one !== null);
}

function judgeCounter(evidence: Evidence, name: string): Answered {
  const flush = follow(evidence, name);
  const { before, endedAt, after, isStill, hasOnlyGrown } = flush;
  if (before === null)
    return unknown(`the counter of ${name} was not read before the stop`, [], 'evidence-missing');
  if (endedAt === null) return unknown(`the task of ${name} was not seen STOPPED`, [before.seq]);
  if (after === null) return explainUnread(evidence, name, flush);
  const half = findHalfFinished(name, flush);
  if (half !== null) return no('sidecar-cut', sayHalfFinished(evidence, half), half.events);
  const events = [before.seq, after.seq];
  const [from, to] = [before.value, after.value];
  if (!hasOnlyGrown)
    return unknown(
      `the counter of ${name} went back, from ${formatCounter(from)} to ${formatCounter(to)}: it was started anew, or it is another one's`,
      events,
      'evidence-missing',
    );
  if (!isStill)
    return unknown(
      `the counter of ${name} had not stood still for ${formatSpan(readStillFor(evidence.plan, name))} when it was last read: ${formatCounter(to)}`,
      events,
      'evidence-missing',
    );
  const done = to.finished - from.finished;
  if (done === 0)
    return unknown(
      `no call went through ${name} from the last read before the stop on, so nothing shows that it finishes its calls: let the step have one in flight`,
      events,
      'evidence-missing',
    );
  return yes(`${name} finished the ${sayCalls(done)} that it had begun`, events);
}

/** Whether the job shows nothing of a loss: somebody asked again, and there the answer came. */
export function isHidden({ target, last }: Evidence): boolean {
  return target?.jobId != null && last('job', target.jobId)?.value.passed === true;
}

function sayHalfFinished(evidence: Evidence, { container, calls: half, from, to }: HalfFinished): string {
  const calls = half === 1 ? '1 half-finished call' : `${String(half)} half-finished calls`;
  const hidden = isHidden(evidence)
    ? '; the job passed all the same: failover papered over it (whoever called asked again, and another one answered)'
    : '';
  return `${container} left ${calls} (from ${formatCounter(from)} to ${formatCounter(to)})${hidden}`;
}

function explainUnread(evidence: Evidence, name: string, { before, endedAt }: Flush): Answered {
  const { kind, id } = counterSubject(name, evidence.target?.taskArn ?? '');
  const { last } = evidence.reads(kind, id);
  const isTried = last !== null && !last.ok && last.sentAt >= (endedAt ?? Infinity);
  const why = isTried ? `: ${last.error?.message ?? 'no answer'}` : '';
  return unknown(
    `the counter of ${name} could not be read after its task had ended${why}`,
    [before?.seq ?? null, isTried ? last.seq : null],
    isTried ? 'observation-gap' : 'evidence-missing',
  );
}

function formatCounter({ begun, finished, cut }: Counter): string {
  return `${String(begun)} begun, ${String(finished)} finished, ${String(cut)} cut`;
}

function sayCalls(count: number): string {
  return count === 1 ? '1 call' : `${String(count)} calls`;
}

export const flushed: Check = {
  name: 'flushed',
  asks: 'Did the watched containers finish every call that they had begun?',
  needed: true,
  judge({ evidence }) {
    if (evidence.injection === null) return unasked('nothing was injected');
    const names = listCounted(evidence.plan);
    if (names.length === 0) return unasked('the scenario reads no counter (expect.containers, flushed)');
    const answers = names.map((name) => judgeCounter(evidence, name));
    const worst =
      answers.find(({ holds }) => holds === 'no') ?? answers.find(({ holds }) => holds === 'unknown');
    const said = answers.filter(({ holds }) => holds === (worst?.holds ?? 'yes')).map((one) => one.said);
    const events = answers.flatMap((one) => one.events);
    return worst === undefined ? yes(said.join('; '), events) : { ...worst, said: said.join('; ') };
  },
};
