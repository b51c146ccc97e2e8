import type { Json, JsonObject, Path } from './json.ts';
import { isObject, itemsOf, member, numberOf, textOf } from './json.ts';
import { splitCommand, segmentsOf } from '../worker/shell.ts';
import type { Pipeline, Step } from './subject.ts';

/** Keys of steps that run no command on an agent. */
const OTHERS = ['wait', 'waiter', 'block', 'manual', 'input', 'trigger', 'group'];

/** Reads the command steps of a pipeline, including those in groups. */
export function pipelineOf(document: JsonObject): Pipeline {
  const steps = stepsAt(member(document, 'steps'), ['steps']);
  return {
    steps: steps.filter(({ value }) => !OTHERS.some((kind) => Object.hasOwn(value, kind))),
    keys: steps.flatMap(({ keys }) => keys),
    dynamic: steps.some(({ value, keys }) => mayUpload(value) || keys.some((key) => key.includes('$'))),
  };
}

function stepsAt(list: Json | undefined, path: Path): readonly Step[] {
  return itemsOf(list).flatMap((value, index) => {
    if (!isObject(value)) return [];
    const here = [...path, index];
    return [stepOf(value, here, index), ...stepsAt(member(value, 'steps'), [...here, 'steps'])];
  });
}

function stepOf(value: JsonObject, path: Path, index: number): Step {
  // `id` and `identifier` are Buildkite's aliases of `key`.
  const keys = ['key', 'id', 'identifier'].flatMap((name) => {
    const key = member(value, name);
    return typeof key === 'string' || typeof key === 'number' ? [String(key)] : [];
  });
  const minutes = numberOf(member(value, 'timeout_in_minutes'));
  return {
    path,
    value,
    keys,
    name: keys[0] ?? textOf(member(value, 'label')) ?? `number ${String(index + 1)}`,
    atMost: minutes === null ? null : minutes * 60,
    atLeast: commandsOf(value).reduce((sum, command) => sum + sumSleeps(command), 0),
  };
}

export function commandsOf(step: JsonObject): readonly string[] {
  return ['command', 'commands'].flatMap((name) => {
    const value = member(step, name);
    return typeof value === 'string' ? [value] : itemsOf(value).flatMap((one) => textOf(one) ?? []);
  });
}

/** Seconds of the `sleep`s that certainly run; 0 for a script that branches, loops or leaves early. */
function sumSleeps(command: string): number {
  if (/\b(?:if|while|until|for|case|exit|return|trap|timeout)\b|&&|\|/.test(command)) return 0;
  return segmentsOf(command).reduce((sum, { text, after }) => {
    const [name, amount, ...more] = splitCommand(text).words;
    if (name !== 'sleep' || more.length > 0 || after === '&') return sum;
    const [, seconds, unit = 's'] = /^(\d+(?:\.\d+)?)([smh])?$/.exec(amount ?? '') ?? [];
    return seconds === undefined ? sum : sum + Number(seconds) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
  }, 0);
}

function mayUpload(step: JsonObject): boolean {
  if (member(step, 'plugins') !== undefined) return true;
  return commandsOf(step).some((text) => /pipeline\s+upload|\.buildkite\//.test(text));
}
