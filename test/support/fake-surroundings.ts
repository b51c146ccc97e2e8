import type { Answer } from '../../src/model/answer.ts';
import type { Self } from '../../src/model/entities/surroundings.ts';
import type { Surroundings } from '../../src/surroundings/port.ts';
import { NOON } from './builders.ts';
import { createScript } from './fake-script.ts';
import type { FakeScript } from './fake-script.ts';

type Operation = Exclude<keyof Surroundings, 'unlock' | 'recordInjection' | 'remember' | 'forget'>;

/** What the fake knows; tests change it at will. */
export interface FakeSurroundingsWorld {
  self: Self;
  /** What has thrown the kill switch, or null. */
  killSwitch: string | null;
  /** Drill that holds each lock. */
  locks: Map<string, string>;
  /** Checksums of journal lines by their drill. */
  remembered: Map<string, readonly string[]>;
  /** Whether nothing more can be kept. */
  stateIsFull: boolean;
  injections: Map<string, { drill: string; taskArn: string; at: number }[]>;
  /** Names of the halt conditions that hold. */
  halted: Set<string>;
}

/** The runner's surroundings in memory, with their world and their script. */
export interface FakeSurroundings extends Surroundings, FakeScript<Operation> {
  readonly world: FakeSurroundingsWorld;
}

/** Nothing around: no task, no job, no switch, no lock. */
export function fakeSurroundings(over: Partial<FakeSurroundingsWorld> = {}): FakeSurroundings {
  const script = createScript<Operation>();
  const world: FakeSurroundingsWorld = {
    self: {
      taskArn: null,
      agentId: null,
      jobId: null,
      buildId: null,
      triggeringBuildId: null,
      unresolved: null,
    },
    killSwitch: null,
    locks: new Map(),
    remembered: new Map(),
    stateIsFull: false,
    injections: new Map(),
    halted: new Set(),
    ...over,
  };

  function answer<T>(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    look: () => T,
  ): Promise<Answer<T>> {
    const planned = script.enter(operation, args, signal);
    return Promise.resolve(
      planned === null ? { ok: true, value: look() } : { ok: false, trouble: planned.trouble },
    );
  }

  return {
    ...script,
    world,
    self: (signal) => answer('self', [], signal, () => world.self),
    killSwitch: (file, signal) => answer('killSwitch', [file], signal, () => ({ thrown: world.killSwitch })),
    lock: (key, drill, signal) =>
      answer('lock', [key, drill], signal, () => {
        const holder = world.locks.get(key) ?? drill;
        world.locks.set(key, holder);
        const ours = holder === drill;
        return { key, ours, heldBy: ours ? null : `drill ${holder}`, since: NOON };
      }),
    remember: (drill, sum) => {
      world.remembered.set(drill, [...(world.remembered.get(drill) ?? []), sum]);
      return Promise.resolve(
        world.stateIsFull
          ? { ok: false, trouble: { kind: 'unwritable', message: 'ENOSPC', retryAfter: null } }
          : { ok: true, value: null },
      );
    },
    forget: (drill) => {
      world.remembered.delete(drill);
      return Promise.resolve();
    },
    unlock: (key, drill) => {
      if (world.locks.get(key) === drill) world.locks.delete(key);
      return Promise.resolve();
    },
    stateFolder: async () => answer('stateFolder', [], new AbortController().signal, () => '/state'),
    pastInjections: (key, _drill, signal) =>
      answer('pastInjections', [key], signal, () => ({ injections: [...(world.injections.get(key) ?? [])] })),
    recordInjection: (key, injection) => {
      world.injections.set(key, [...(world.injections.get(key) ?? []), injection]);
      return Promise.resolve();
    },
    halt: (condition, signal) =>
      answer('halt', [condition], signal, () => {
        const halted = world.halted.has(condition.name);
        return { name: condition.name, halted, said: halted ? 'scripted: it holds' : 'nothing' };
      }),
  };
}
