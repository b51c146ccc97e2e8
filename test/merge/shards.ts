import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillEvent, NewEvent } from '../../src/journal/events.ts';
import { sealEvent } from '../../src/journal/line.ts';
import type { Expected } from '../../src/merge/attempt.ts';
import { readAttempts } from '../../src/merge/files.ts';
import { mergeAttempts } from '../../src/merge/merge.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { fact, LOST, story, T } from '../support/journal-builders.ts';
import type { Told } from '../support/journal-builders.ts';

/** Worlds by the answer that they get. */
export const STORIES = {
  drained: {},
  lost: { job: LOST, container: { exitCode: 137 }, build: { state: 'failed', rawState: 'FAILED' } },
  // The stop landed, and nobody looked at the job afterwards.
  unproven: { agent: null },
  // Nothing was sent.
  'never-ran': { stop: null, proof: null },
} as const satisfies Readonly<Record<string, Told>>;
export type StoryName = keyof typeof STORIES;

/** One attempt of a shard as a step would have left it. */
export interface Left {
  readonly shard: number;
  readonly attempt?: number;
  readonly job?: string;
  readonly drill?: string;
  readonly file?: string;
  readonly story?: StoryName;
  readonly told?: Told;
  /** What the journal says of the job in which gameday ran; by default the job of its folder. */
  readonly writtenIn?: { readonly jobId?: string; readonly buildId?: string };
  /** Changes the journal's lines. */
  readonly cut?: (lines: readonly string[]) => readonly string[];
  /** What result.json says in place of the truth; null: there is none. */
  readonly said?: { readonly outcome: string; readonly reason: string } | null;
  /** Name of the drill's folder, if not the drill's. */
  readonly folder?: string;
  /** The drills that the step's own document names; by default the one that it ran. */
  readonly named?: readonly string[];
  /** False: the step did not come to its end. */
  readonly ended?: boolean;
  /** False: the step ended before its drill began. */
  readonly begun?: boolean;
}

export const BUILD = 'build-1';

export function nameOf(shard: number): string {
  return `s${String(shard)}.yaml`;
}

/** The journal of a drill with its verdict, as lines. */
export function journalLines(left: Left): readonly string[] {
  const { shard, drill = drillOf(left), file = nameOf(shard), writtenIn = {} } = left;
  const told: Told = { ...STORIES[left.story ?? 'drained'], ...left.told };
  const self = {
    ...{ taskArn: null, agentId: 'own', triggeringBuildId: null, unresolved: null },
    ...{ jobId: jobOf(left), buildId: BUILD, ...writtenIn },
  };
  const events = story({
    ...told,
    plan: { file, ...told.plan },
    before: [...(told.before ?? []), fact('self', self, 'self')],
  });
  const all: readonly (readonly [number, NewEvent])[] = [
    ...events.map(({ at, code, payload }) => [at, { code, payload } as NewEvent] as const),
    [T.looked + 500_000, { code: 'GD_JUDGED', payload: { verdict: judge(events) } }],
  ];
  let sum = '';
  return all.map(([at, event], index) => {
    const sealed = sealEvent(event, { seq: index + 1, at, drill, previousSum: sum });
    sum = sealed.event.sum;
    return sealed.line;
  });
}

function drillOf({ shard, attempt = 0 }: Left): string {
  return `20261124-12000${String(shard)}-000${String(attempt)}`;
}

function jobOf({ shard, attempt = 0, job = `job-${String(shard)}-${String(attempt)}` }: Left): string {
  return job;
}

/** What `gameday merge` makes of these attempts. */
export async function mergeLeft(
  left: readonly Left[],
  shards: number,
  over: Partial<Expected> & { readonly strays?: readonly string[] } = {},
) {
  const { strays = [], ...expected } = over;
  const folder = mkdtempSync(join(tmpdir(), 'gameday-merge-'));
  try {
    for (const one of left) writeLeft(folder, one);
    for (const path of strays) mkdirSync(join(folder, path), { recursive: true });
    const all: Expected = {
      ...{ files: Array.from({ length: shards }, (_, index) => nameOf(index + 1)), rig: false, build: BUILD },
      ...expected,
    };
    const once = await mergeFolder(folder, all);
    return { merged: once, again: await mergeFolder(folder, all) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function mergeFolder(folder: string, expected: Expected) {
  const { attempts, strays } = await readAttempts(folder, expected);
  return mergeAttempts(attempts, expected, strays);
}

function writeLeft(folder: string, left: Left): void {
  const { shard, attempt = 0, drill = drillOf(left), cut = (lines) => lines } = left;
  const own = join(folder, String(shard), String(attempt), jobOf(left));
  mkdirSync(own, { recursive: true });
  const put = (path: string, text: string): void => writeFileSync(join(own, path), text);
  if (left.begun === false) return put('game-day.json', '{"outcome":"bad-input","drills":[]}');
  const lines = journalLines(left);
  const { folder: at = drill, named = [at] } = left;
  mkdirSync(join(own, at));
  put(`${at}/journal.jsonl`, `${cut(lines).join('\n')}\n`);
  const result = resultIn(lines);
  const said = left.said === undefined ? result : left.said;
  if (said !== null) put(`${at}/result.json`, JSON.stringify(said));
  if (left.ended === false) return put('game-day.json', '');
  put(
    'game-day.json',
    JSON.stringify({ outcome: result.outcome, drills: named.map((id) => ({ drill: id })) }),
  );
}

/** The result of the drill of these lines. */
export function resultIn(lines: readonly string[]): DrillResult {
  return summarizeDrill(
    lines.map((line) => JSON.parse(line) as DrillEvent),
    null,
  );
}
