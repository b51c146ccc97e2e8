import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onlyTheStopped } from '../../e2e/support/gates.ts';
import type { Opens } from '../../e2e/support/gates.ts';
import { eventsOf } from '../../../src/journal/events.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';
import { documentIn, startCli } from '../../support/cli.ts';
import { drillIn, eventsIn, followed, openRoad } from './lanes.ts';
import type { Counts, Lane, Road, RoadOptions } from './lanes.ts';

const PRELOAD = fileURLToPath(new URL('./kill-at.mjs', import.meta.url));

/** What became of a drill whose runner was killed and that was resumed. */
export interface Survival {
  readonly at: string;
  /** Whole lines that the dead runner left; null where it was not killed. */
  readonly left: number | null;
  readonly exit: number | null;
  readonly outcome: string;
  readonly reason: string;
  /** StopTask calls that the journal intended, and those that landed on the target as the rig counted. */
  readonly intended: number;
  readonly landed: number;
  readonly said: string;
  readonly events: readonly DrillEvent[];
}

/** How the time between death and resume is spent. */
export interface Meanwhile {
  /** Which gates stand open while a runner lives. */
  readonly opens?: Opens;
  /** What happens while nobody watches. */
  readonly then?: (events: readonly DrillEvent[]) => Promise<void>;
  /** How somebody goes on with it; else it is resumed. */
  readonly how?: 'resume' | 'abort';
  /** What is looked at when the drill is over. */
  readonly after?: () => Promise<void>;
}

/** Runs a drill in a lane, kills its runner there, resumes it, and says what came of it. */
export async function killedAndResumed(
  road: Road,
  lane: Lane,
  at: string,
  meanwhile: Meanwhile = {},
): Promise<Survival> {
  const { opens = onlyTheStopped, how = 'resume' } = meanwhile;
  await road.settled(lane);
  const out = join(lane.folder, at.replaceAll(/[:#]/g, '-'));
  const flags = ['--json', '--out', out];
  const killing = { ...road.env, GAMEDAY_TEST_KILL_AT: at };
  const first = startCli(['run', lane.scenario, '--yes', ...flags], road.folder, killing, [
    '--import',
    PRELOAD,
  ]);
  const { signal } = await followed(first, out, road.folder, opens);
  const left = await eventsIn(out);
  const killed = signal === 'SIGKILL';
  await meanwhile.then?.(left);
  const drill = (await drillIn(out)) ?? '';
  const last = killed
    ? startCli([how, drill, ...(how === 'resume' ? ['--yes'] : []), ...flags], road.folder, road.env)
    : first;
  const { code } = await followed(last, out, road.folder, opens);
  await meanwhile.after?.();
  const events = await eventsIn(out);
  await road.release(events);
  const document = documentIn(last.stdout());
  const result = document.drills[0];
  return {
    ...{ at, left: killed ? left.length : null, exit: code, events },
    ...{ outcome: document.outcome, reason: document.reason },
    ...(await stopsOf(road, events)),
    said: `${result?.said ?? document.errors.map(({ message }) => message).join('; ')}\n${last.stderr()}`,
  };
}

async function stopsOf(
  road: Road,
  events: readonly DrillEvent[],
): Promise<Pick<Survival, 'intended' | 'landed'>> {
  const intents = eventsOf(events, 'GD_FAULT_INTENDED');
  const { stopTaskLanded } = await road.counts();
  const landed = new Set(
    intents.map(({ payload }) => (payload.call.kind === 'stop-task' ? payload.call.taskArn : '')),
  );
  const counts = [...landed].map((arn) => stopTaskLanded[arn] ?? 0);
  // On a busy machine a look may be too old when its call is due: that call is held back, and intended anew.
  const held = eventsOf(events, 'GD_FAULT_SENT').filter(
    ({ payload }) => payload.trouble?.kind === 'outdated',
  );
  return { intended: intents.length - held.length, landed: counts.reduce((sum, count) => sum + count, 0) };
}

/** Drills that one rig is asked for: more would use up the points that Buildkite grants a token in five minutes. */
const EACH = 8;
const AT_ONCE = 3;

/** What came of a share of the kills, and what their rig had counted at the end. */
export interface Share {
  readonly survivals: readonly Survival[];
  readonly counts: Counts;
}

/** Kills and resumes one drill after the other on a rig of their own, a few rigs at once. */
export async function onRoads(
  folder: string,
  kills: readonly string[],
  meanwhile: (road: Road) => Meanwhile = () => ({}),
  options: Omit<RoadOptions, 'lanes'> = {},
): Promise<readonly Share[]> {
  const rigs = Math.max(Math.min(AT_ONCE, kills.length), Math.ceil(kills.length / EACH));
  // Dealt out like cards, so that early and late kills are spread evenly.
  const queue = Array.from({ length: rigs }, (_none, rig) => kills.filter((_kill, n) => n % rigs === rig));
  const shares: Share[] = [];
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      shares.push(await share(await mkdtemp(join(folder, 'rig-')), next, meanwhile, options));
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return shares;
}

async function share(
  folder: string,
  kills: readonly string[],
  meanwhile: (road: Road) => Meanwhile,
  options: Omit<RoadOptions, 'lanes'>,
): Promise<Share> {
  const road = await openRoad(folder, { ...options, lanes: 1 });
  try {
    const survivals: Survival[] = [];
    for (const lane of road.lanes)
      for (const at of kills) survivals.push(await killedAndResumed(road, lane, at, meanwhile(road)));
    return { survivals, counts: await road.counts() };
  } finally {
    await road.close();
  }
}

/** One line of the table of survivals. */
export function row({ at, left, exit, outcome, reason, intended, landed }: Survival): string {
  const where = left === null ? 'not reached' : `${String(left)} lines left`;
  return `${at}  ${where}  ${String(exit)} ${outcome} ${reason}  intended ${String(intended)}, landed ${String(landed)}`;
}
