import { GamedayError } from '../model/errors.ts';
import { readHistory } from '../forecast/history.ts';
import { timesOf } from './step-times.ts';
import type { StepTimes } from './documents.ts';
import { textIn } from './files.ts';

/** Bytes: some hundred thousand jobs. */
const LARGEST = 256 * 1024 * 1024;

/** How long the steps of a history took. Throws bad-input with the place of what is wrong with the file. */
export async function timesInFile(file: string): Promise<readonly StepTimes[]> {
  const text = await textIn(file, LARGEST);
  const answer = readHistory(text);
  if (!answer.ok) {
    const { at, message, next } = answer.wrong;
    throw new GamedayError('bad-input', message, { at: `${file}:${at}`, next });
  }
  const steps = new Map<string, number[]>();
  for (const { step, ms } of answer.history.jobs) {
    const seconds = steps.get(step) ?? [];
    seconds.push(ms / 1000);
    steps.set(step, seconds);
  }
  return [...steps].map(([key, seconds]) => timesOf(key, seconds));
}
