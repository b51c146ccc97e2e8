import { account } from '../verdict/account.ts';
import { judge } from '../verdict/judge.ts';
import { summarize } from '../verdict/summarize.ts';
import { reportersFor } from './reporters.ts';
import type { Runner } from './runner.ts';
import { findDrill } from './stored.ts';

/** Judges a stored journal again, offline, with today's checks, and says where the verdict differs from the stored one. */
export async function analyze(named: string, out: string, runner: Runner): Promise<void> {
  const stored = await findDrill(named, out);
  const before = stored.state.verdict;
  const today = judge(stored.events);
  const result = summarize(stored.events, stored.journalPath, before === null ? null : today);
  const note = before === null ? 'the journal holds no verdict' : differs(before, today);
  const told = { ...result, notes: [note, ...result.notes] };
  const reporter = reportersFor(runner, 'closing');
  reporter.onResult(told);
  runner.finish(account([told], [], null));
}

interface Decided {
  readonly outcome: string;
  readonly reason: string;
}

function differs(before: Decided, today: Decided): string {
  const was = `${before.outcome}: ${before.reason}`;
  const is = `${today.outcome}: ${today.reason}`;
  return was === is
    ? `judged again: the same verdict, ${is}`
    : `judged again: THE VERDICT DIFFERS: it was ${was}, it is ${is}`;
}
