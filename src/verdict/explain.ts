import type { Case } from '../checks/check.ts';
import type { Explanation, RankedCause } from '../model/cause.ts';
import { IDLE_STRIKE, NO_FAULT, type Cause, type Said } from './causes/cause.ts';
import { readAgentExitCode, groundsOf, type Grounds } from './causes/grounds.ts';
import { CAUSES } from './causes/list.ts';
import { momentsOf } from './causes/moments.ts';
import { rowOf, type Reason } from '../model/reasons.ts';

/** Inconclusive reasons that have a cause: something ended the build, which shows nothing about the drain. */
const EXPLAINED: ReadonlySet<Reason> = new Set(['out-of-memory', 'host-gone', 'build-canceled']);
const WEIGHTS: readonly RankedCause['weight'][] = ['proven', 'likely', 'possible'];

/** Why a drill failed, the surest cause first, from the journal and the rules of preflight; null if there is nothing to explain. */
export function explainCase(about: Case, reason: Reason): Explanation | null {
  if (rowOf(reason).outcome !== 'failed' && !EXPLAINED.has(reason)) return null;
  const grounds = groundsOf(about, reason);
  const ranked = [
    ...rankedOf(grounds, (cause) => cause.isBackstop !== true),
    ...rankedOf(grounds, isBackstop),
  ];
  const decided = isDecided(ranked);
  return {
    ranked,
    decided,
    experiment: decided ? null : (firstOf(ranked)?.experiment ?? experimentFor(grounds)),
    moments: [...momentsOf(grounds)],
  };
}

function isBackstop(cause: Cause): boolean {
  return cause.isBackstop === true;
}

/** Proven before likely before possible; among equals the order of the list. */
function rankedOf(grounds: Grounds, wanted: (cause: Cause) => boolean): readonly RankedCause[] {
  const judged = CAUSES.filter(wanted).flatMap((cause) => {
    const said = cause.judge(grounds);
    return said === null ? [] : [{ cause, said }];
  });
  const ranked = judged.map(({ cause, said }): RankedCause => {
    const events = said.events.filter((event) => event !== null && event > 0);
    const weight = weightOf(cause, said, judged);
    return {
      ...{ ...said, name: cause.name, weight, experiment: weight === 'proven' ? null : said.experiment },
      events: [...new Set(events as number[])].sort((a, b) => a - b),
    };
  });
  return WEIGHTS.flatMap((weight) => ranked.filter((one) => one.weight === weight));
}

/** Verdict rule 13: no cause is proven while another one explains the same facts, however little speaks for the other. */
function weightOf(
  { name, explains }: Cause,
  { weight }: Said,
  judged: readonly { readonly cause: Cause }[],
): RankedCause['weight'] {
  const hasRival = judged.some(({ cause }) => cause.name !== name && cause.explains === explains);
  return weight === 'proven' && hasRival ? 'likely' : weight;
}

const BACKSTOPS: ReadonlySet<string> = new Set(CAUSES.filter(isBackstop).map(({ name }) => name));

function firstOf(ranked: readonly RankedCause[]): RankedCause | undefined {
  return ranked.find(({ name }) => !BACKSTOPS.has(name));
}

/** Whether one cause alone has the highest weight, and that is more than `possible`. */
function isDecided(ranked: readonly RankedCause[]): boolean {
  const first = firstOf(ranked);
  if (first === undefined || first.weight === 'possible') return false;
  const equals = ranked.filter(({ name, weight }) => weight === first.weight && !BACKSTOPS.has(name));
  return first.weight === 'proven' || equals.length === 1;
}

/** Used when nothing speaks for any cause: how the container exited shows most. */
function experimentFor(grounds: Grounds): string {
  if (grounds.evidence.injection === null) return NO_FAULT;
  if (readAgentExitCode(grounds) !== null) return IDLE_STRIKE;
  return "run the drill again while ECS answers (it forgets a stopped task after an hour): the exit code of the agent's container tells a kill at stopTimeout (137) from a wrapper that died (143)";
}
