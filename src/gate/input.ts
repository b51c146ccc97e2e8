import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { partOf } from '../claim/claim.ts';
import { parseClaim } from '../claim/parse.ts';
import type { Claim } from '../claim/claim.ts';
import type { LostRuns, StopsOfRuns } from '../claim/runs.ts';
import { FAULT_TRAITS } from '../scenario/inject.ts';
import { findClosest } from '../model/suggest.ts';
import { GamedayError } from '../model/errors.ts';
import type { Tally } from '../statistics/once.ts';
import type { GateFlags } from './options.ts';

/** What of the flags can be checked before anything is contacted. */
export interface Input {
  readonly claim: Claim;
  readonly digests: Readonly<Record<string, string>>;
  /** For a claim on runs: how its first factor is known; null for other claims, and where the runs alone are judged. */
  readonly stops: Exclude<StopsOfRuns, { readonly by: 'losses' }> | null;
  /** Runs lost, of runs; null where no file is given. */
  readonly losses: Losses | null;
}

export interface Losses extends LostRuns {
  readonly runs: number;
  readonly lost: number;
}

/** Reads the flags. Throws bad-input. */
export async function readInput(flags: GateFlags): Promise<Input> {
  const claim = readClaim(flags.claim);
  const hasService = flags.service !== undefined;
  if (hasService === (flags['task-definition'] !== undefined))
    throw new GamedayError('bad-input', 'which worker is to be released?', {
      next: 'Give --service NAME with --cluster NAME, or --task-definition FILE.',
    });
  if (hasService !== (flags.cluster !== undefined))
    throw new GamedayError('bad-input', '--service and --cluster belong together', {
      next: 'Give both for a running service, or --task-definition FILE alone.',
    });
  requireFault(flags.fault);
  const isOnRuns = claim.kind === 'runs-lost';
  const { stopped, losses } = flags;
  if (!isOnRuns && (stopped !== undefined || losses !== undefined))
    throw new GamedayError('bad-input', '--stopped and --losses belong to a claim on runs', {
      next: 'Leave them out, or claim "runs-lost < 0.1 % at 95 %".',
    });
  if (isOnRuns && stopped === undefined && losses === undefined)
    throw new GamedayError('bad-input', 'a claim on runs needs to know how many of them meet a stop', {
      next: 'Give --stopped "2.2 %", --stopped STOPS/RUNS, or --losses FILE.',
    });
  return {
    claim,
    digests: readDigests(flags['image-digest'] ?? []),
    stops: stopped === undefined ? null : readStopped(stopped),
    losses: losses === undefined ? null : await readLosses(losses),
  };
}

/** Reads the claim. Throws bad-input with its place in the text. */
export function readClaim(text: string): Claim {
  const parsed = parseClaim(text);
  if (parsed.ok) return parsed.claim;
  const { column, message, next } = parsed.problem;
  throw new GamedayError('bad-input', `--claim, character ${String(column)}: ${message}`, { next });
}

function requireFault(fault: string): void {
  // `found`: drills of `gameday assert`, whose stop somebody else made.
  const known = [...Object.keys(FAULT_TRAITS), 'found'];
  if (known.includes(fault)) return;
  const closest = findClosest(fault, known);
  throw new GamedayError('bad-input', `--fault: there is no fault "${fault}"`, {
    next: closest === null ? `The faults are ${known.join(', ')}.` : `Did you mean ${closest}?`,
  });
}

function readDigests(pairs: readonly string[]): Readonly<Record<string, string>> {
  const read = pairs.map((pair) => {
    const [, name, digest] = /^([\w-]+)=(sha256:[0-9a-f]{64})$/.exec(pair) ?? [];
    if (name !== undefined && digest !== undefined) return [name, digest] as const;
    throw new GamedayError('bad-input', `--image-digest: "${pair}" is not CONTAINER=sha256:...`, {
      next: 'Give the name of the container and the whole digest, 64 digits, as the registry shows it.',
    });
  });
  return Object.fromEntries(read);
}

function readStopped(text: string): Input['stops'] {
  const [, percent] = /^\s*(\d{1,3}(?:\.\d{1,9})?)\s*%\s*$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100)
    return { by: 'statement', share: partOf(Number(percent)) };
  const [, stops, runs] = /^\s*(\d{1,9})\s*\/\s*(\d{1,9})\s*$/.exec(text) ?? [];
  const stopped = { failed: Number(stops), trials: Number(runs) };
  if (stopped.trials > 0 && stopped.failed <= stopped.trials) return { by: 'count', stopped };
  throw new GamedayError('bad-input', `--stopped: "${text}" is no share of runs`, {
    next: 'Write it as "2.2 %" for a bound that you state, or as 180/10000 for stops of busy workers, counted over job runs.',
  });
}

const count = z.number().int().nonnegative();
/** What is needed of the document of `gameday losses`. */
const LossesFile = z.object({
  losses: z.object({
    total: z.object({ runs: count, lost: count, undecided: count }),
    designEffect: z.number().min(1),
  }),
});

async function readLosses(file: string): Promise<Losses> {
  const at = file;
  const next = 'Give what `gameday losses --json` printed.';
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new GamedayError('bad-input', `the losses cannot be read: ${said}`, { at, cause, next });
  });
  const parsed = LossesFile.safeParse(parseJson(text));
  if (!parsed.success)
    throw new GamedayError('bad-input', 'this is not the document of `gameday losses`', { at, next });
  const { total, designEffect } = parsed.data.losses;
  const { runs, lost, undecided } = total;
  // Losses of one day may be one event: each run then says less.
  const tally = (failed: number): Tally => ({ failed: failed / designEffect, trials: runs / designEffect });
  return { against: tally(lost + undecided), inFavour: tally(lost), runs, lost };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
