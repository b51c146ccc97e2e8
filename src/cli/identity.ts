import type { Ecs } from '../ecs/port.ts';
import { formatSpan } from '../model/instants.ts';
import { describeCaller } from '../model/entities/surroundings.ts';

/** How long a question may wait for STS, milliseconds: the job that it is about runs meanwhile. */
const PATIENCE_MS = 3_000;

/** Who calls AWS, for the person who is asked before an injection. GetCallerIdentity needs no right (AWS STS API Reference). */
export async function sayIdentity(
  { caller }: Pick<Ecs, 'caller'>,
  signal: AbortSignal,
  patience = PATIENCE_MS,
): Promise<string> {
  const late = AbortSignal.timeout(patience);
  const answer = await caller(AbortSignal.any([signal, late]));
  if (answer.ok)
    return `AWS is called as ${describeCaller(answer.value.arn)}, account ${answer.value.account}`;
  const why = late.aborted ? `STS gave no answer within ${formatSpan(patience)}` : answer.trouble.message;
  return `as whom AWS is called is not known: ${why}`;
}
