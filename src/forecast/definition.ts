import { offsetOfPath, parseJson } from './json.ts';
import type { Fault, JsonPath } from './json.ts';

/** A container as far as its stop depends on it. */
export interface Container {
  readonly name: string;
  readonly image: string | null;
  /** Milliseconds; null where the definition gives none. */
  readonly stopTimeout: number | null;
  readonly dependsOn: readonly string[];
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
}

/** A task definition as far as its stop depends on it. */
export interface Definition {
  readonly family: string | null;
  readonly compatibilities: readonly string[];
  readonly containers: readonly Container[];
}

/** Something that a person has to correct in a text: `offset` counts UTF-16 code units from its begin. */
export interface Wrong extends Fault {
  readonly next: string;
}

/** What was read, or what is wrong with it. */
export type Reading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wrong: Wrong };

class Refusal extends Error {
  readonly path: JsonPath;
  readonly next: string;
  constructor(path: JsonPath, message: string, next: string) {
    super(message);
    this.path = path;
    this.next = next;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the JSON of a task definition: as registered, or wrapped as `describe-task-definition` answers. */
export function readDefinition(text: string): Reading<Definition> {
  const parsed = parseJson(text);
  if (!parsed.ok) {
    const next = 'Give the plain JSON that `aws ecs describe-task-definition` prints.';
    return { ok: false, wrong: { ...parsed.fault, message: `not JSON: ${parsed.fault.message}`, next } };
  }
  try {
    return { ok: true, value: definitionOf(parsed.value) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const offset = offsetOfPath(text, error.path);
    return { ok: false, wrong: { offset, message: error.message, next: error.next } };
  }
}

function definitionOf(value: unknown): Definition {
  const root = fieldsOf(value, [], 'a task definition');
  const wrapped = 'taskDefinition' in root;
  const path: JsonPath = wrapped ? ['taskDefinition'] : [];
  const fields = wrapped ? fieldsOf(root['taskDefinition'], path, 'a task definition') : root;
  const cloudFormation = ['ContainerDefinitions', 'Properties', 'Resources'].find((key) => key in fields);
  if (cloudFormation !== undefined) {
    const next = 'Give what `aws ecs describe-task-definition` prints: its keys begin in lower case.';
    throw new Refusal(
      [...path, cloudFormation],
      `"${cloudFormation}" is CloudFormation's, not a task definition's`,
      next,
    );
  }
  const listPath = [...path, 'containerDefinitions'];
  const containers = listOf(fields['containerDefinitions'], listPath).map((one, index) =>
    containerOf(one, [...listPath, index]),
  );
  if (containers.length === 0)
    throw new Refusal(listPath, 'there is no container in it', 'A task definition has one or more.');
  checkOrder(containers, listPath);
  return {
    family: textOf(fields['family'], [...path, 'family']),
    compatibilities: textsOf(fields['requiresCompatibilities'], [...path, 'requiresCompatibilities']),
    containers,
  };
}

function containerOf(value: unknown, path: JsonPath): Container {
  const fields = fieldsOf(value, path, 'a container');
  const name = textOf(fields['name'], [...path, 'name']);
  if (name === null) throw new Refusal(path, 'a container has no name', 'Give it its "name".');
  const dependsOn = listOf(fields['dependsOn'], [...path, 'dependsOn']).map((one, index) => {
    const at = [...path, 'dependsOn', index];
    const on = textOf(fieldsOf(one, at, 'a dependency')['containerName'], [...at, 'containerName']);
    if (on === null) throw new Refusal(at, 'a dependency names no container', 'Give its "containerName".');
    return on;
  });
  return {
    name,
    image: textOf(fields['image'], [...path, 'image']),
    stopTimeout: stopTimeoutOf(fields['stopTimeout'], [...path, 'stopTimeout']),
    dependsOn,
    entryPoint: textsOf(fields['entryPoint'], [...path, 'entryPoint']),
    command: textsOf(fields['command'], [...path, 'command']),
  };
}

function stopTimeoutOf(value: unknown, path: JsonPath): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value * 1000;
  throw new Refusal(
    path,
    `"stopTimeout" is ${JSON.stringify(value)}`,
    'It is a whole number of seconds, such as 120.',
  );
}

/** What depends on what is told to stop first, so that a circle could never be stopped. */
function checkOrder(containers: readonly Container[], path: JsonPath): void {
  const names = new Set(containers.map(({ name }) => name));
  for (const [index, { name, dependsOn }] of containers.entries()) {
    const unknown = dependsOn.find((on) => !names.has(on));
    const at = [...path, index, 'dependsOn'];
    if (unknown !== undefined)
      throw new Refusal(
        at,
        `"${name}" depends on "${unknown}", which is no container of it`,
        'Name one that is.',
      );
    if (dependsOn.some((on) => reaches(containers, on, name, new Set())))
      throw new Refusal(at, `"${name}" depends on itself, by way of others`, 'Take one dependency out.');
  }
}

function reaches(containers: readonly Container[], from: string, to: string, been: Set<string>): boolean {
  if (from === to) return true;
  if (been.has(from)) return false;
  been.add(from);
  const next = containers.find(({ name }) => name === from)?.dependsOn ?? [];
  return next.some((on) => reaches(containers, on, to, been));
}

function fieldsOf(value: unknown, path: JsonPath, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Refusal(path, `this is not ${what}`, 'Expected a JSON object.');
}

function listOf(value: unknown, path: JsonPath): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Refusal(path, `"${String(path.at(-1))}" is not a list`, 'Expected a JSON array.');
}

function textOf(value: unknown, path: JsonPath): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new Refusal(path, `"${String(path.at(-1))}" is not a text`, 'Put it in double quotes.');
}

function textsOf(value: unknown, path: JsonPath): readonly string[] {
  return listOf(value, path).map((one, index) => textOf(one, [...path, index]) ?? '');
}
