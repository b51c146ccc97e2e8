import type { Scenario } from '../scenario/schema.ts';
import { openRig } from './rig-process.ts';
import type { EmbeddedRig, RigStart } from './rig-process.ts';

/** The rigs of a game day. */
export interface Rigs {
  open(scenario: Scenario): Promise<EmbeddedRig>;
  /** A drill needs its rig no more. */
  leave(rig: EmbeddedRig): Promise<void>;
  /** Ends those that still run. */
  close(): Promise<void>;
}

type Choice = Omit<RigStart, 'file'>;

/** Each drill has a rig of its own. After a signal it is ended at the very end, so that the journal is closed in time. */
export function openOwnRigs(choice: Choice, signal: AbortSignal): Rigs {
  const left: EmbeddedRig[] = [];
  return {
    open: (scenario) => openRig({ ...scenario, rig: scenario.rig ?? '' }, choice, signal),
    async leave(rig) {
      if (signal.aborted) left.push(rig);
      else await rig.close();
    },
    close: () => closeAll(left),
  };
}

/** Drills with the same rig file have one rig together, as drills of real services do. One that died is replaced for those that come later. */
export function openSharedRigs(choice: Choice, signal: AbortSignal): Rigs {
  const opened: EmbeddedRig[] = [];
  const current = new Map<string, Promise<EmbeddedRig>>();
  const start = async (scenario: Scenario): Promise<EmbeddedRig> => {
    const rig = await openRig({ ...scenario, rig: scenario.rig ?? '' }, choice, signal);
    opened.push(rig);
    return rig;
  };
  return {
    async open(scenario) {
      const file = scenario.rig ?? '';
      const before = current.get(file);
      const known = before === undefined ? null : await before.catch(() => null);
      if (known !== null && known.died() === null) return known;
      // Of several that find it dead, the first one starts another.
      const rig = current.get(file) === before ? start(scenario) : (current.get(file) ?? start(scenario));
      current.set(file, rig);
      return rig;
    },
    leave: async () => undefined,
    close: () => closeAll(opened),
  };
}

async function closeAll(rigs: readonly EmbeddedRig[]): Promise<void> {
  await Promise.all(rigs.map((rig) => rig.close()));
}
