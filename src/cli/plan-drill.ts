import { randomBytes } from 'node:crypto';
import type { Plan } from '../model/plan.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { isAttended } from './output.ts';
import type { Runner } from './runner.ts';
import { lockKeyOf } from './settings.ts';
import type { Settings } from './settings.ts';

export interface PlanChoice {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Fixes all that one drill is about to do. */
export function planDrill(
  loaded: LoadedScenario,
  settings: Settings,
  choice: PlanChoice,
  runner: Runner,
): Plan {
  return {
    scenario: loaded.scenario,
    file: loaded.file,
    digest: loaded.digest,
    organization: settings.organization,
    region: settings.region,
    label: settings.label,
    rig: settings.rig,
    embeddedRig: settings.embeddedRig,
    consent: settings.embeddedRig || choice.yes ? 'yes' : consentOf(runner),
    dryRun: choice.dryRun,
    lostAfter: settings.lostAfter,
    lockKey: lockKeyOf(settings, loaded.scenario),
    runner: runner.version,
  };
}

/** Whether a person at this terminal can be asked. */
export function consentOf({ environment }: Runner): Plan['consent'] {
  const attended = isAttended(process.stdin, environment) && isAttended(process.stderr, environment);
  return attended ? 'ask' : 'refuse';
}

/** How much of an id is random: builds and stops are told apart by it, also those of many runners that start at once. */
const RANDOM_BYTES = 8;

/** `20260102-030405-` and 16 hexadecimal digits: sorts by time, in UTC. Earlier versions wrote four digits; those are read as well. */
export function drillId(now: number, random: (bytes: number) => Buffer = randomBytes): string {
  const [date = '', time = ''] = new Date(now).toISOString().slice(0, 19).split('T');
  const tail = random(RANDOM_BYTES).toString('hex');
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${tail}`;
}
