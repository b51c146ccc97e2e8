import type { Json, JsonObject } from '../preflight/json.ts';
import { isObject, itemsOf, member, textOf } from '../preflight/json.ts';
import { commandsOf, pipelineOf } from '../preflight/pipeline.ts';
import type { Step } from '../preflight/subject.ts';

/** The steps that the rig plays, and the one whose job is struck. */
export interface Steps {
  readonly document: JsonObject;
  /** Its key. */
  readonly step: string;
  /** Commands of the user's own that run on this machine; none where the pipeline is the built-in one. */
  readonly commands: readonly string[];
  /** Milliseconds that the step is sure to take, or 0. */
  readonly certain: number;
  /** What the copy does not hold. */
  readonly leftOut: readonly string[];
}

/** What keeps a pipeline from being rehearsed: where, what, and what to do. */
export interface Unfit {
  readonly path: readonly (string | number)[];
  readonly why: string;
  readonly next: string;
}

/** Key of the built-in step. */
const BUILT_IN = 'rehearsal';

/** A pipeline of one step that works for so long, milliseconds. */
export function builtIn(ms: number): Steps {
  const step = { key: BUILT_IN, label: 'rehearsal', command: `sleep ${String(ms / 1000)}` };
  return { document: { steps: [step] }, step: BUILT_IN, commands: [], certain: ms, leftOut: [] };
}

/**
 * What says when a step may run, who is told, or beside how many others, and nothing about what a stop does to it. With
 * one build and one worker it changes nothing, and the rig does not know it.
 */
const OF_STEPS = [
  ...['cancel_on_build_failing', 'concurrency', 'concurrency_group', 'concurrency_method'],
  ...['if', 'if_changed', 'branches', 'notify', 'signature'],
];
const OF_PIPELINE = ['notify', 'name', 'description'];

/** Takes the user's own pipeline as it stands, less what the rig does not know and does not need; the rest the rig itself refuses by name. */
export function ownSteps(document: JsonObject, named: string | undefined): Steps | Unfit {
  const { steps } = pipelineOf(document);
  const waits = itemsOf(member(document, 'steps')).findIndex(waitsForPerson);
  if (waits !== -1)
    return {
      path: ['steps', waits],
      why: 'the step waits for a person, and there is none at the rig',
      next: 'Take it out of a copy of the file, and give that.',
    };
  const chosen = chosenOf(steps, named);
  if ('why' in chosen) return chosen;
  const key = chosen.keys[0];
  if (key === undefined)
    return {
      path: chosen.path,
      why: `the step ${chosen.name} has no key, by which it could be followed`,
      next: 'Give it one: `key: tests`.',
    };
  const [kept, leftOut] = without(document, OF_PIPELINE, 'the pipeline');
  const copies = itemsOf(member(document, 'steps')).map((step, index) => copyOf(step, index));
  return {
    document: { ...kept, steps: copies.map(([step]) => step) },
    step: key,
    commands: steps.flatMap(({ value }) => commandsOf(value)),
    certain: chosen.atLeast * 1000,
    leftOut: [...leftOut, ...copies.flatMap(([, names]) => names)],
  };
}

function chosenOf(steps: readonly Step[], named: string | undefined): Step | Unfit {
  const keys = steps.flatMap((step) => step.keys);
  const known =
    keys.length === 0 ? 'No step that runs a command has a key.' : `There are ${keys.join(', ')}.`;
  if (named !== undefined) {
    const step = steps.find((one) => one.keys.includes(named));
    return (
      step ?? { path: ['steps'], why: `no step that runs a command has the key "${named}"`, next: known }
    );
  }
  const [only, ...more] = steps;
  if (only === undefined)
    return { path: ['steps'], why: 'no step runs a command', next: 'Give a pipeline with one.' };
  if (more.length === 0) return only;
  return {
    path: ['steps'],
    why: `${String(steps.length)} steps run a command, and one of them is to be struck`,
    next: `Name it with --step KEY. ${known}`,
  };
}

function waitsForPerson(step: Json): boolean {
  if (step === 'block' || step === 'input' || step === 'manual') return true;
  return isObject(step) && ['block', 'input', 'manual'].some((kind) => Object.hasOwn(step, kind));
}

function copyOf(step: Json, index: number): readonly [Json, readonly string[]] {
  if (!isObject(step)) return [step, []];
  const name = textOf(member(step, 'key')) ?? textOf(member(step, 'label')) ?? `number ${String(index + 1)}`;
  return without(step, OF_STEPS, `step ${name}`);
}

function without(
  value: JsonObject,
  names: readonly string[],
  whose: string,
): readonly [JsonObject, readonly string[]] {
  const there = names.filter((name) => Object.hasOwn(value, name));
  if (there.length === 0) return [value, []];
  const kept = Object.fromEntries(Object.entries(value).filter(([name]) => !there.includes(name)));
  return [kept, [`${whose}: ${there.join(', ')} left out, which the rig does not know`]];
}
