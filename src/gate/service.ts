import { answerOf } from '../cli/exit-codes.ts';
import type { Runner } from '../cli/runner.ts';
import { watchSignals } from '../cli/signals.ts';
import { formatClaim } from '../claim/claim.ts';
import type { Asked } from '../claim/judge.ts';
import { judgeRunsDirectly } from '../claim/runs.ts';
import type { StopsOfRuns } from '../claim/runs.ts';
import { systemClock } from '../http/clock.ts';
import { findWorker, openLedger, readLedger } from '../ledger/service.ts';
import type { AnswerName } from '../model/reasons.ts';
import { upperNightly } from '../statistics/nightly.ts';
import { countLosing, decideGate } from './decide.ts';
import type { Decision, Evidence } from './decide.ts';
import { readInput } from './input.ts';
import type { Input } from './input.ts';
import { connectToService, readWorkerOfFile, readWorkerOfService } from './live.ts';
import type { AskedWorker } from './live.ts';
import type { GateFlags } from './options.ts';
import { directLines, gateLines } from './report.ts';
import type { GateDocument } from './report.ts';

export const OUTCOMES: Readonly<Record<Decision['answer'], AnswerName>> = {
  held: 'clean',
  refuted: 'failed',
  'not-enough-evidence': 'inconclusive',
};

/** Says whether the ledger shows a claim of a worker, and prints it. Nothing is changed anywhere. */
export async function runGate(flags: GateFlags, runner: Runner): Promise<void> {
  const input = await readInput(flags);
  const store = await openLedger(flags, runner);
  const reading = await readWorker(flags, input, runner);
  const thens = flags['worker-then'];
  if (input.claim.kind === 'runs-lost' && input.stops === null && thens === undefined)
    return answerByRuns(input, runner);
  const interruption = watchSignals(() => undefined);
  try {
    const world = flags.rig ? 'rig' : 'real';
    const worker = await reading(interruption.signal);
    const evidence = await readLedger(store, world, runner);
    if (evidence === null) return;
    const stops = stopsOf(input, thens, evidence);
    const { claim } = input;
    const question = { claim, world, worker: worker.worker, asked: askedBy(flags), stops } as const;
    const decision = decideGate(question, evidence);
    const document: GateDocument = {
      claim: { ...claim, said: formatClaim(claim) },
      ...{ ledger: store.name, world, refused: evidence.refused, ...decision },
      worker: { said: worker.said, unknowns: worker.unknowns },
      losses:
        input.losses === null
          ? null
          : { ...pick(input.losses), upper: upperNightly(input.losses.against, claim.confidence) },
    };
    runner.finish(answerOf(OUTCOMES[decision.answer], document), (stdout) =>
      stdout.write(`${gateLines(document, stdout.colors).join('\n')}\n`),
    );
  } finally {
    interruption.release();
  }
}

function answerByRuns({ claim, losses }: Input, runner: Runner): void {
  if (losses === null) throw new Error('a claim on runs has neither stops nor losses');
  const judged = judgeRunsDirectly(claim, losses);
  const { answer, upper, lower } = judged;
  const document = {
    claim: { ...claim, said: formatClaim(claim) },
    answer,
    upper,
    lower,
    losses: pick(losses),
  };
  runner.finish(answerOf(OUTCOMES[answer], document), (stdout) =>
    stdout.write(`${directLines(judged, losses, stdout.colors).join('\n')}\n`),
  );
}

const pick = ({
  runs,
  lost,
}: {
  readonly runs: number;
  readonly lost: number;
}): { runs: number; lost: number } => ({
  runs,
  lost,
});

/** Reads files and settings now, and returns what asks the service, if one is asked. */
async function readWorker(
  flags: GateFlags,
  { digests }: Input,
  runner: Runner,
): Promise<(signal: AbortSignal) => Promise<AskedWorker>> {
  const file = flags['task-definition'];
  if (file !== undefined) {
    const worker = await readWorkerOfFile(file, flags, digests);
    return async () => worker;
  }
  const ecs = await connectToService(flags, runner);
  return (signal) => readWorkerOfService(ecs, flags, digests, signal);
}

export function askedBy(flags: Pick<GateFlags, 'pessimistic' | 'job-time' | 'within' | 'at-least'>): Asked {
  return {
    pessimistic: flags.pessimistic,
    jobTime: flags['job-time'] ?? null,
    within: flags.within ?? null,
    atLeast: flags['at-least'],
    now: systemClock.now(),
  };
}

function stopsOf(
  { claim, stops, losses }: Input,
  workerThen: string | undefined,
  evidence: Evidence,
): StopsOfRuns | null {
  if (claim.kind !== 'runs-lost' || stops !== null) return stops;
  if (losses === null || workerThen === undefined) return null;
  const [then] = findWorker(workerThen, evidence.documents);
  return { by: 'losses', lost: losses, losing: countLosing(then?.fingerprint ?? '', evidence) };
}
