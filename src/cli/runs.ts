import type { LoadedScenario } from '../scenario/load.ts';
import type { Plan } from '../scenario/plan.ts';
import type { InputError } from '../scenario/problem.ts';
import { findWrongAddresses } from './counter-addresses.ts';
import type { Layout } from '../report/results.ts';
import type { Queued } from './drill-queue.ts';
import type { RunFlags } from './flags.ts';
import { explainWrongFolder } from './folders.ts';
import type { Runner } from './runner.ts';
import { lockKeyOf, settingsFromEnvironment } from './settings.ts';
import type { Settings } from './settings.ts';

/** A scenario that may be drilled. */
export interface Planned {
  readonly loaded: LoadedScenario;
  /** Null if the rig will supply them. */
  readonly settings: Settings | null;
  readonly errors: readonly InputError[];
}

/** Finds what a scenario's drills need; contacts nothing. */
export async function planScenario(
  loaded: LoadedScenario,
  options: Pick<RunFlags, 'rig' | 'insecure'> & Partial<Pick<RunFlags, 'dry-run'>>,
  runner: Runner,
): Promise<Planned> {
  const { scenario, file } = loaded;
  const addresses = findWrongAddresses(loaded, options.rig);
  if (options.rig) {
    const missing = {
      message: 'the scenario names no rig file',
      at: file,
      next: 'Add `rig: FILE`, or run it without --rig.',
    };
    return { loaded, settings: null, errors: scenario.rig === null ? [missing, ...addresses] : addresses };
  }
  const { settings, errors } = await settingsFromEnvironment(scenario, runner.environment, options.insecure);
  const control = {
    message: '`control:` is allowed on the rig only: on real services a drill must pass',
    at: file,
    next: 'Run it with --rig, or remove `control:`.',
  };
  return {
    loaded,
    settings,
    errors: [
      ...errors,
      ...addresses,
      ...(scenario.control === null ? [] : [control]),
      ...(options['dry-run'] === true ? [] : await explainWrongStateFolder(runner)),
    ],
  };
}

/** Lock, past injections and sent calls are kept there, and without them no drill may begin. */
async function explainWrongStateFolder({ environment, clients }: Runner): Promise<readonly InputError[]> {
  return explainWrongFolder(
    'the state directory (GAMEDAY_STATE_DIR)',
    await clients.stateFolder(environment),
  );
}

/** One drill to run. */
export interface Run extends Planned, Queued {
  /** Which of the scenario's drills it is, from 1 on, and of how many. */
  readonly nth: number;
  readonly of: number;
}

/** Every scenario as often as it is drilled: all of them once, then all of them again. */
export function listRuns(planned: readonly Planned[], repeat: number): readonly Run[] {
  return Array.from({ length: repeat }, (_, index) =>
    planned.map((one) => ({ ...one, ...placeInQueue(one), nth: index + 1, of: repeat })),
  ).flat();
}

/** A rig that does not run yet is told from others by its file. */
function placeInQueue({ loaded: { scenario }, settings }: Planned): Queued {
  const { ecsName, region } = settings ?? { ecsName: `rig ${scenario.rig ?? ''}`, region: '' };
  return { lockKey: lockKeyOf({ ecsName, region }, scenario), atOnce: scenario.safety.drillsAtOnce };
}

/** How one drill is told from others on the screen. */
export function titleOf({ loaded, nth, of }: Run): string {
  return of === 1 ? loaded.scenario.title : `${loaded.scenario.title} (${nth} of ${of})`;
}

/** Why these drills cannot run like this: found before anything is contacted. */
export function explainWrongRuns(
  scenarios: readonly LoadedScenario[],
  options: Pick<RunFlags, 'rig' | 'yes' | 'dry-run'> & {
    readonly layout: Layout;
    readonly parallel?: number;
    readonly repeat?: number;
  },
  consent: Plan['consent'],
): readonly InputError[] {
  const { parallel = 1, repeat = 1 } = options;
  const wrong = (message: string, next: string, at: string | null = null): readonly InputError[] => [
    { message, at, next },
  ];
  const total = scenarios.length * repeat;
  return [
    ...(total > MOST_DRILLS
      ? wrong(
          `${String(total)} drills are more than one game day runs; limit ${String(MOST_DRILLS)}`,
          'Lower --repeat, or name fewer files.',
        )
      : []),
    ...(repeat > 1 && options.layout === 'side-by-side'
      ? wrong('--side-by-side shows each scenario once, and --repeat runs it again', 'Leave one of them out.')
      : []),
    ...(parallel === 1 ? [] : explainWrongInParallel(scenarios)),
    ...(parallel > 1 && !options.yes && !options.rig && !options['dry-run'] && consent === 'ask'
      ? wrong(
          'drills that run at the same time cannot each ask you before they stop a task',
          'Give --yes, or leave --parallel out.',
        )
      : []),
  ];
}

/** More in one process would be a slip of the hand; past it, the fleet is Buildkite's. */
const MOST_DRILLS = 10_000;

function explainWrongInParallel(scenarios: readonly LoadedScenario[]): readonly InputError[] {
  return scenarios
    .filter(({ scenario }) => scenario.inject.fault === 'command')
    .map(({ file }) => ({
      message: 'fault command runs a command of yours, and commands do not run at the same time',
      at: file,
      next: 'Leave --parallel out.',
    }));
}
