import { GamedayError } from '../model/errors.ts';
import type { Drains, Leaving } from './drains.ts';
import { drainsIn } from '../verdict/drains.ts';
import type { MeasuredDrain, MeasuredDrill } from '../verdict/drains.ts';
import { findDrill, journalsIn, readDrill } from '../cli/stored.ts';
import type { StoredDrill } from '../cli/stored.ts';

/** The drains that stored drills measured; a drill is named by id, folder or journal, or all by a folder of drills. */
export async function readDrains(named: readonly string[], out: string): Promise<Drains> {
  const stored = new Map<string, StoredDrill>();
  for (const one of named) for (const drill of await drillsOf(one, out)) stored.set(drill.journalPath, drill);
  const drills = [...stored.values()].map(({ events }) => drainsIn(events));
  const proven = drills.filter(({ drains }) => drains.length > 0);
  if (proven.length === 0)
    throw new GamedayError(
      'bad-input',
      `${drills.length === 1 ? 'the drill measures' : `${drills.length} drills measure`} no drain: no stop is proven`,
      { at: named.join(', '), next: 'Name drills that passed or failed: see `gameday drills`.' },
    );
  return sumUpDrains(proven, drills.length - proven.length);
}

async function drillsOf(named: string, out: string): Promise<readonly StoredDrill[]> {
  const inFolder = await journalsIn(named).catch((error: unknown) => {
    // The path is a journal, not a folder.
    if (error instanceof GamedayError) return [];
    throw error;
  });
  if (inFolder.length === 0) return [await findDrill(named, out)];
  return Promise.all(inFolder.map(readDrill));
}

function sumUpDrains(drills: readonly MeasuredDrill[], unproven: number): Drains {
  const all = drills.flatMap(({ drains }) => drains);
  const granted = drills.map((drill) => drill.granted).filter((ms) => ms !== null);
  return {
    drills: drills.length,
    onRig: drills.filter(({ onRig }) => onRig).length,
    unproven,
    busy: leavingOf(all.filter(({ busy }) => busy)),
    idle: leavingOf(all.filter(({ busy }) => !busy)),
    granted: [...new Set(granted)].toSorted((a, b) => a - b),
  };
}

function leavingOf(drains: readonly MeasuredDrain[]): Leaving {
  const times = drains.map(({ ms }) => ms).filter((ms) => ms !== null);
  return { times, killed: drains.length - times.length };
}
