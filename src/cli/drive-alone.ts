import { account } from '../verdict/account.ts';
import { drive } from './drive.ts';
import type { Drive } from './drive.ts';
import { forced } from './forced.ts';
import { reportersFor } from './reporters.ts';
import type { Runner } from './runner.ts';
import { watchSignals } from './signals.ts';

/** Drives the only drill of a command and finishes with its document, also where a signal cuts it short. */
export async function driveAlone(
  drill: Pick<Drive, 'plan' | 'settings' | 'journal' | 'folder' | 'out' | 'act'>,
  runner: Runner,
): Promise<void> {
  const reporter = reportersFor(runner, 'closing');
  const current = { ...drill, died: () => null };
  let over = false;
  const interruption = watchSignals((signal) => {
    if (over) return;
    const document = account(forced(current, signal, reporter), [], signal);
    reporter.onDocument(document);
    runner.finish(document);
  });
  const result = await drive({ ...current, runner, reporter, interruption });
  over = true;
  reporter.onResult(result);
  const document = account([result], [], interruption.got());
  reporter.onDocument(document);
  runner.finish(document);
}
