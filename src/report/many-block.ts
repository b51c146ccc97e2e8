import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import { sayTimeLeft, type Progress } from './agenda.ts';
import { listWaits } from './waiting.ts';
import type { DrillState, Phase } from '../state/state.ts';
import type { DrillResult } from '../verdict/result.ts';

/** What is shown of many drills. */
export interface ManyDrills {
  readonly running: readonly DrillState[];
  /** How many have ended, by their outcome. */
  readonly ended: ReadonlyMap<string, number>;
  /** The latest results, the newest last. */
  readonly latest: readonly Pick<DrillResult, 'outcome' | 'reason' | 'title' | 'drill'>[];
  readonly progress: Progress;
}

/** The order in which a drill goes through its phases. */
const PHASES: readonly Phase[] = [
  ...(['planned', 'gated', 'building', 'armed', 'aiming'] as const),
  ...(['injecting', 'observing', 'settling', 'judged'] as const),
];

/** The lines of the live view of many drills, at most as many as `height`: the counts, those that are longest in their phase, and the last verdicts. */
export function manyBlock(
  { running, ended, latest, progress }: ManyDrills,
  height: number,
  now: number,
): readonly string[] {
  const { agenda } = progress;
  const title = agenda.title();
  const done = [...ended.values()].reduce((sum, count) => sum + count, 0);
  const left = sayTimeLeft(progress, done, now);
  const head = [
    ...(title === null ? [] : [title]),
    `${sayCount(running.length, 'runs', 'run')}; ${sayEnded(ended, done, agenda.total)}`,
    `  ${sayPhases(running)}${left === null ? '' : `; ${left}`}`,
  ];
  const room = Math.max(0, height - head.length);
  const verdicts = latest.slice(Math.max(0, latest.length - Math.floor(room / 2)));
  const slowest = running
    .toSorted((a, b) => a.phaseSince - b.phaseSince)
    .slice(0, Math.max(0, room - verdicts.length));
  return [
    ...head,
    ...slowest.map((state) => saySlow(state, now)),
    ...verdicts.map(({ outcome, reason, title, drill }) => `  ${outcome}: ${reason}  ${title}  ${drill}`),
  ]
    .slice(0, Math.max(1, height))
    .map(escapeControls);
}

function sayCount(count: number, one: string, several: string): string {
  return `${String(count)} ${count === 1 ? `drill ${one}` : `drills ${several}`}`;
}

function sayEnded(ended: ManyDrills['ended'], all: number, total: number | null): string {
  const of = total === null ? '' : ` of ${String(total)}`;
  if (all === 0) return `none${of} has ended`;
  return `${String(all)}${of} ended: ${[...ended].map(([outcome, count]) => `${String(count)} ${outcome}`).join(', ')}`;
}

function sayPhases(running: readonly DrillState[]): string {
  const counts = PHASES.map((phase) => ({
    phase,
    count: running.filter((state) => state.phase === phase).length,
  }));
  const shown = counts
    .filter(({ count }) => count > 0)
    .map(({ phase, count }) => `${String(count)} ${phase}`);
  return shown.length === 0 ? 'none runs' : shown.join(', ');
}

/** What this drill waits for, or how long it has been in its phase. */
function saySlow(state: DrillState, now: number): string {
  const { phase, phaseSince, plan, drill } = state;
  const [wait = `${phase} for ${formatSpan(Math.max(0, now - phaseSince))}`] = listWaits(state, now);
  return `  ${plan.scenario.title}: ${wait}  ${drill}`;
}
