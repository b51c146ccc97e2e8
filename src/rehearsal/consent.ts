import { escapeControls } from '../journal/escape.ts';
import { GamedayError } from '../model/errors.ts';
import { account } from '../verdict/account.ts';
import { NOTHING_SENT } from '../cli/game-day.ts';
import { consentOf } from '../cli/plan-drill.ts';
import { terminalPerson } from '../cli/prompt.ts';
import type { Runner } from '../cli/runner.ts';
import type { StopSignal, watchSignals } from '../cli/signals.ts';

/** Nothing else is on the screen while a rehearsal asks. */
const STILL = { pause: () => undefined, resume: () => undefined };

/**
 * Says what will run on this machine, and has somebody agree to it before anything is started: files that others wrote say what
 * that is. False where a signal came instead, which is told here. Throws confirm-needed and confirm-declined.
 */
export async function agree(
  lines: readonly string[],
  yes: boolean,
  runner: Runner,
  watch: typeof watchSignals,
): Promise<boolean> {
  const { stderr } = runner.output;
  for (const line of lines) stderr.write(`${escapeControls(line)}\n`);
  if (yes) return true;
  if (consentOf(runner) === 'refuse')
    throw new GamedayError('confirm-needed', 'what is named above would run here, and nobody can be asked', {
      next: 'Run it on a terminal, or give --yes where you trust what it names.',
    });
  const end = (signal: StopSignal): void => {
    stderr.write(NOTHING_SENT);
    runner.finish(account([], [], signal));
  };
  const interruption = watch(end);
  try {
    const person = terminalPerson(runner.output, interruption, STILL, 'Run it?');
    const agreed = await person.confirm(['Nothing was started yet.'], interruption.signal);
    const signal = interruption.got();
    if (signal !== null) end(signal);
    else if (!agreed) throw new GamedayError('confirm-declined', 'the person who was asked did not say yes');
    return signal === null;
  } finally {
    interruption.release();
  }
}
