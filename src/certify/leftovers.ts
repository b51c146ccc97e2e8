import { basename, dirname } from 'node:path';
import type { Answer } from '../cli/exit-codes.ts';
import { goOnWithDrill } from '../cli/go-on.ts';
import type { Runner } from '../cli/runner.ts';
import { journalsIn, readDrill } from '../cli/stored.ts';
import { appendDocument } from '../ledger/append.ts';
import { documentOf } from '../ledger/from-journal.ts';
import { GamedayError } from '../model/errors.ts';
import type { Store } from '../store/port.ts';
import type { CertifyFlags } from './options.ts';

/** The drills of these scenarios in the output folder that the ledger does not have. */
export interface Leftovers {
  readonly files: ReadonlySet<string>;
  /** Drills whose verdict the ledger has. */
  readonly known: ReadonlySet<string>;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Brings drills that an earlier run left into the ledger: those that were over when it died, and those that it left unfinished,
 * which are resumed first. On the rig they are judged as they stand, for their rig died with their runner. Returns the answer of a
 * drill that could not be resumed; null where all could.
 */
export async function takeUpLeftovers(
  { files, known, variables }: Leftovers,
  flags: CertifyFlags,
  ledger: Store,
  runner: Runner,
): Promise<Answer | null> {
  for (const path of await journalsIn(flags.out)) {
    if (known.has(basename(dirname(path)))) continue;
    const stored = await readDrill(path).catch(skipUnreadable);
    if (stored === null) continue;
    const { plan, phase, settled } = stored.state;
    if (plan.dryRun || plan.embeddedRig !== flags.rig || !files.has(plan.file)) continue;
    if (phase === 'judged' && settled) {
      const document = documentOf(stored.events, runner.version);
      if (document !== null) await appendDocument(ledger, document, new AbortController().signal);
      continue;
    }
    runner.output.stderr.write(`certify: drill ${stored.drill} was left unfinished and is taken up\n`);
    const answer = await resume(stored.drill, variables, flags, { ...runner, ledger });
    if (answer !== null && CANNOT_RESUME.has(answer.outcome)) return answer;
  }
  return null;
}

/** Whatever else it came to stands in the ledger now. */
const CANNOT_RESUME: ReadonlySet<Answer['outcome']> = new Set(['interrupted', 'bad-input', 'internal']);

/** Null: another process runs it, and will add it. */
async function resume(
  drill: string,
  variables: Leftovers['variables'],
  { yes, insecure, out }: CertifyFlags,
  runner: Runner,
): Promise<Answer | null> {
  let answer: Answer | null = null;
  const finish: Runner['finish'] = (given) => {
    answer = given;
  };
  try {
    // Its result is not the command's: only the final answer goes to stdout.
    await goOnWithDrill(
      { how: 'resume', drill, variables, yes, insecure, out },
      { ...runner, json: true, finish },
    );
  } catch (error) {
    if (error instanceof GamedayError && error.reason === 'lock-held') return null;
    throw error;
  }
  return answer;
}

/** A journal without a whole first event: nothing was sent for it. */
function skipUnreadable(error: unknown): null {
  if (error instanceof GamedayError) return null;
  throw error;
}
