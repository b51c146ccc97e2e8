import { randomBytes } from 'node:crypto';
import { GAME_DAY_BYTES } from '../model/drill-id.ts';
import type { Plan, ScenarioPlan } from '../scenario/plan.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { parseTraceparent } from '../model/trace.ts';
import { isAttendedTerminal, wantsTraces } from './output.ts';
import type { Environment } from './output.ts';
import type { Runner } from './runner.ts';
import { lockKeyOf } from './settings.ts';
import type { Settings } from './settings.ts';

export interface PlanChoice {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Makes the plan of one drill of a scenario. */
export function planDrill(
  { scenario, file, digest }: Pick<LoadedScenario, 'scenario' | 'file' | 'digest'>,
  settings: Settings,
  choice: PlanChoice,
  runner: Runner,
): ScenarioPlan {
  const mode = scenario.inject.fault === 'none' ? 'baseline' : 'inject';
  return { mode, scenario, file, digest, ...placeOf(settings, scenario, choice, runner) };
}

/** Where a drill runs, and what it may do there. */
export function placeOf(
  settings: Settings,
  scenario: Plan['scenario'],
  choice: PlanChoice,
  runner: Runner,
): Omit<Plan, 'mode' | 'scenario' | 'file' | 'digest'> {
  return {
    organization: settings.organization,
    region: settings.region,
    label: settings.label,
    rig: settings.rig,
    embeddedRig: settings.embeddedRig,
    consent: settings.embeddedRig || choice.yes ? 'yes' : consentOf(runner),
    dryRun: choice.dryRun,
    lostAfter: settings.lostAfter,
    lockKey: lockKeyOf(settings, scenario),
    // A rig of our own has no other machine at its services.
    ...(runner.ledger === null || settings.embeddedRig ? {} : { lockStore: runner.ledger.name }),
    runner: runner.version,
    ...traceOf(runner.environment),
  };
}

/** Whether the drill is part of a trace, or begins one. */
function traceOf(environment: Environment): Pick<Plan, 'traceparent'> {
  const parent = parseTraceparent(environment['TRACEPARENT']);
  if (parent === null && !wantsTraces(environment)) return {};
  return { traceparent: parent === null ? '' : (environment['TRACEPARENT'] ?? '') };
}

/** Whether there is a person at this terminal to ask. */
export function consentOf({ environment }: Runner): Plan['consent'] {
  return isAttendedTerminal(environment) ? 'ask' : 'refuse';
}

/** Random bytes in an id: it must be unique even if many runners start at the same time. */
const RANDOM_BYTES = 8;

/** Makes the ids of a game day. Drills that run at the same time are known by theirs as belonging together. */
export function createDrillIds(isParallel: boolean): (now: number) => string {
  const gameDay = randomBytes(GAME_DAY_BYTES);
  const ofGameDay = (bytes: number): Buffer => Buffer.concat([gameDay, randomBytes(bytes - GAME_DAY_BYTES)]);
  return (now) => makeDrillId(now, isParallel ? ofGameDay : randomBytes);
}

/** `20260102-030405-` and 16 hexadecimal digits; sorts by time, in UTC. Ids of earlier versions have four digits. */
export function makeDrillId(now: number, random: (bytes: number) => Buffer = randomBytes): string {
  const [date = '', time = ''] = new Date(now).toISOString().slice(0, 19).split('T');
  const tail = random(RANDOM_BYTES).toString('hex');
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${tail}`;
}
