import { eventsOf } from '../journal/events.ts';
import type { DrillEvent } from '../journal/events.ts';
import { fold } from '../state/state.ts';
import { findFact } from '../model/world.ts';
import { judge } from '../verdict/judge.ts';
import type { DrillResult } from '../verdict/result.ts';
import { summarizeDrill } from '../verdict/summarize.ts';

/** Which attempt it is, by its folder. */
export interface Place {
  readonly shard: number;
  readonly attempt: number;
  /** UUID of the Buildkite job. */
  readonly job: string;
}

/** What the merge step knows by itself. */
export interface Expected {
  /** The file of each shard, the first one's first. */
  readonly files: readonly string[];
  /** Whether the drills run on rigs of their own. */
  readonly rig: boolean;
  /** UUID of the build that merges, if it is known. */
  readonly build: string | null;
}

/** One attempt of a shard as its artifacts show it. */
export interface Attempt extends Place {
  /** The drill as its journal is judged now; null where none was run or none can be read. */
  readonly result: DrillResult | null;
  /** How the attempt ended by its own document; null where it has none. */
  readonly ended: string | null;
  readonly problems: readonly string[];
}

/** A journal with its whereabouts. */
export interface Stored {
  readonly events: readonly DrillEvent[];
  readonly torn: boolean;
  readonly path: string;
  /** Name of the drill's folder. */
  readonly folder: string;
  /** Outcome and reason in result.json; null where that cannot be read. */
  readonly said: { readonly outcome: string; readonly reason: string } | null;
}

/** The drill of a journal, judged again; or why it is no drill of this game day. */
export function judgeStored(
  stored: Stored,
  place: Place,
  expected: Expected,
): { readonly result: DrillResult | null; readonly problems: readonly string[] } {
  const { events, path } = stored;
  const [first] = events;
  if (first?.code !== 'GD_DRILL_PLANNED') return { result: null, problems: ['its journal holds no plan'] };
  const foreign = explainForeign(stored, place, expected);
  if (foreign !== null) return { result: null, problems: [foreign] };
  const state = fold(events);
  const isOver = state.verdict !== null || events.at(-1)?.code === 'GD_INTERRUPTED';
  const result = summarizeDrill(events, path, state.verdict === null ? null : judge(events));
  const written = summarizeDrill(events, null);
  const problems = [
    ...(stored.torn || !isOver ? ['its journal is cut: it does not reach the verdict'] : []),
    ...(stored.said === null ? ['its result.json is missing or cannot be read'] : []),
    ...(stored.said !== null && isOver && !isSame(stored.said, written)
      ? [
          `its result.json says ${stored.said.outcome}: ${stored.said.reason}, its journal ${written.outcome}: ${written.reason}`,
        ]
      : []),
  ];
  const note = `judged again: THE VERDICT DIFFERS: it was ${written.outcome}: ${written.reason}`;
  return {
    result: isSame(written, result) ? result : { ...result, notes: [note, ...result.notes] },
    problems,
  };
}

interface Decided {
  readonly outcome: string;
  readonly reason: string;
}

function isSame(one: Decided, other: Decided): boolean {
  return one.outcome === other.outcome && one.reason === other.reason;
}

/** Why a journal is not of this shard and this attempt, or null. */
function explainForeign({ events, folder }: Stored, place: Place, expected: Expected): string | null {
  const [planned] = eventsOf(events, 'GD_DRILL_PLANNED');
  if (planned === undefined) return null;
  const { plan } = planned.payload;
  const file = expected.files[place.shard - 1] ?? '';
  if (planned.drill !== folder) return `its folder is ${folder}, its journal that of drill ${planned.drill}`;
  if (plan.mode === 'assert' || plan.dryRun) return 'its journal is not that of `gameday run`';
  if (!isFileOf(file, plan.file))
    return `its journal is that of ${plan.file}, and the shard's file is ${file}`;
  if (plan.embeddedRig !== expected.rig)
    return plan.embeddedRig
      ? 'its drill ran on the rig'
      : 'its drill ran on real services, and not on the rig';
  const self = findFact(fold(events).world, 'self', 'self');
  if (self === undefined || self.jobId === null) return null;
  if (self.jobId !== place.job) return `its journal was written in job ${self.jobId}`;
  if (expected.build !== null && self.buildId !== expected.build)
    return `its journal was written in build ${self.buildId ?? 'unknown'}`;
  return null;
}

/** A shipped scenario is named by `@NAME`; where it lies depends on the machine. */
function isFileOf(file: string, planned: string): boolean {
  return file.startsWith('@') ? planned.endsWith(`/${file.slice(1)}.yaml`) : file === planned;
}
