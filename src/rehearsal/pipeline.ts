import type { Json, JsonObject } from '../preflight/json.ts';
import { isObject, itemsOf, member, textOf } from '../preflight/json.ts';
import { commandsOf, pipelineOf } from '../preflight/pipeline.ts';
import type { Step } from '../preflight/subject.ts';

/** The steps that the rig runs, and the one whose job is stopped. */
export interface Steps {
  readonly document: JsonObject;
  /** Key of that step. */
  readonly step: string;
  /** The user's own commands that run on this machine; empty for the built-in pipeline. */
  readonly commands: readonly string[];
  /** Milliseconds that the step certainly takes, or 0. */
  readonly certain: number;
  /** What the copy leaves out. */
  readonly leftOut: readonly string[];
}

/** Why a pipeline cannot be rehearsed: place, reason, and what to do. */
export interface Unfit {
  /** The document, where it is not the one that was looked at. */
  readonly document?: 'imageConfig';
  readonly path: readonly (string | number)[];
  readonly why: string;
  readonly next: string;
}

/** Key of the built-in step. */
const BUILT_IN = 'rehearsal';

/** A pipeline of one step that takes `ms` milliseconds. */
export function makeBuiltInSteps(ms: number): Steps {
  const step = { key: BUILT_IN, label: 'rehearsal', command: `sleep ${String(ms / 1000)}` };
  return { document: { steps: [step] }, step: BUILT_IN, commands: [], certain: ms, leftOut: [] };
}

/**
 * Attributes that say when a step may run, or whom to notify. With one build and one worker they change nothing about a stop,
 * and the rig does not know them.
 */
const OF_STEPS = ['cancel_on_build_failing', 'if', 'if_changed', 'branches', 'notify', 'signature'];
const OF_PIPELINE = ['notify', 'name', 'description'];

/** Copies the user's own pipeline without attributes that do not matter; the rig refuses others that it does not know. */
export function readOwnSteps(document: JsonObject, named: string | undefined): Steps | Unfit {
  const { steps } = pipelineOf(document);
  const waits = itemsOf(member(document, 'steps')).findIndex(isManualStep);
  if (waits !== -1)
    return {
      path: ['steps', waits],
      why: 'the step waits for a person, and a rehearsal has none',
      next: 'Remove it from a copy of the file, and use the copy.',
    };
  const chosen = chooseStep(steps, named);
  if ('why' in chosen) return chosen;
  const key = chosen.keys[0];
  if (key === undefined)
    return {
      path: chosen.path,
      why: `the step ${chosen.name} has no key, which gameday needs to follow it`,
      next: 'Give it one: `key: tests`.',
    };
  const [kept, leftOut] = leaveOut(document, OF_PIPELINE, 'the pipeline');
  const copies = itemsOf(member(document, 'steps')).map((step, index) => copyOf(step, index));
  return {
    document: { ...kept, steps: copies.map(([step]) => step) },
    step: key,
    commands: steps.flatMap(({ value }) => commandsOf(value)),
    certain: chosen.atLeast * 1000,
    leftOut: [...leftOut, ...copies.flatMap(([, names]) => names)],
  };
}

function chooseStep(steps: readonly Step[], named: string | undefined): Step | Unfit {
  const keys = steps.flatMap((step) => step.keys);
  const known =
    keys.length === 0 ? 'No step that runs a command has a key.' : `The keys are ${keys.join(', ')}.`;
  if (named !== undefined) {
    const step = steps.find((one) => one.keys.includes(named));
    return (
      step ?? { path: ['steps'], why: `no step that runs a command has the key "${named}"`, next: known }
    );
  }
  const [only, ...more] = steps;
  if (only === undefined)
    return {
      path: ['steps'],
      why: 'no step runs a command',
      next: 'Give a pipeline with a step that runs a command.',
    };
  if (more.length === 0) return only;
  return {
    path: ['steps'],
    why: `${String(steps.length)} steps run a command, and only one of them can be stopped`,
    next: `Name it with --step KEY. ${known}`,
  };
}

function isManualStep(step: Json): boolean {
  if (step === 'block' || step === 'input' || step === 'manual') return true;
  return isObject(step) && ['block', 'input', 'manual'].some((kind) => Object.hasOwn(step, kind));
}

function copyOf(step: Json, index: number): readonly [Json, readonly string[]] {
  if (!isObject(step)) return [step, []];
  const called = ['key', 'label', 'group'].map((word) => textOf(member(step, word)));
  const name = called.find((word) => word !== null) ?? `number ${String(index + 1)}`;
  const [kept, leftOut] = leaveOut(step, OF_STEPS, `step ${name}`);
  if (!Object.hasOwn(kept, 'steps')) return [kept, leftOut];
  const inner = itemsOf(member(kept, 'steps')).map((one, at) => copyOf(one, at));
  return [
    { ...kept, steps: inner.map(([one]) => one) },
    [...leftOut, ...inner.flatMap(([, names]) => names)],
  ];
}

function leaveOut(
  value: JsonObject,
  names: readonly string[],
  whose: string,
): readonly [JsonObject, readonly string[]] {
  const there = names.filter((name) => Object.hasOwn(value, name));
  if (there.length === 0) return [value, []];
  const kept = Object.fromEntries(Object.entries(value).filter(([name]) => !there.includes(name)));
  return [kept, [`${whose}: ${there.join(', ')} left out, as the rig does not know it`]];
}
