import { escapeControls } from '../journal/escape.ts';
import { GamedayError } from '../model/errors.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import { NOTHING_SENT } from './game-day.ts';
import { writeProgress } from './output.ts';
import { consentOf } from './plan-drill.ts';
import { terminalPerson } from './prompt.ts';
import type { Runner } from './runner.ts';
import type { StopSignal, watchSignals } from './signals.ts';

/** No other output can disturb the question. */
const STILL = { pause: () => undefined, resume: () => undefined };

/**
 * Shows what will run on this machine and asks for consent before anything is started, as files of others may decide what
 * runs. False after a signal, which is reported here. Throws confirm-needed and confirm-declined.
 */
export async function askAgreement(
  lines: readonly string[],
  yes: boolean,
  runner: Runner,
  watch: typeof watchSignals,
): Promise<boolean> {
  const { output, environment } = runner;
  for (const line of lines) writeProgress(escapeControls(line), output, environment);
  if (yes) return true;
  if (consentOf(runner) === 'refuse')
    throw new GamedayError(
      'confirm-needed',
      'the commands above would run on this machine, and there is no terminal to ask for consent',
      {
        next: 'Run it on a terminal, or give --yes if you trust these commands.',
      },
    );
  const end = (signal: StopSignal): void => {
    output.stderr.write(NOTHING_SENT);
    runner.finish(makeGameDayDocument([], [], signal));
  };
  const interruption = watch(end);
  try {
    const person = terminalPerson(runner.output, interruption, STILL, { question: 'Run it?' });
    const agreed = await person.confirm(['Nothing has been started yet.'], interruption.signal);
    const signal = interruption.readSignal();
    if (signal !== null) end(signal);
    else if (!agreed) throw new GamedayError('confirm-declined', 'the person who was asked did not say yes');
    return signal === null;
  } finally {
    interruption.release();
  }
}
