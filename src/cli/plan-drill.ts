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

/** `20260102-030405-beef`: sorts by time, in UTC. */
export function drillId(now: number, random: () => number): string {
  const [date = '', time = ''] = new Date(now).toISOString().slice(0, 19).split('T');
  const tail = Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, '0');
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${tail}`;
}
