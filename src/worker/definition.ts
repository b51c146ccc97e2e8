import type { ContainerDefinition } from '../model/entities/task.ts';

/** One entry of `containerDefinitions` in our model. A member of an unexpected shape is left out. */
export function readContainer(document: unknown): ContainerDefinition {
  const stopTimeout = readField(document, 'stopTimeout');
  const dependencies = toList(readField(document, 'dependsOn')).flatMap((one) => {
    const [container, condition] = [readField(one, 'containerName'), readField(one, 'condition')];
    return typeof container === 'string' ? [{ container, condition }] : [];
  });
  const conditions = dependencies.flatMap(({ container, condition }) =>
    typeof condition === 'string' ? [[container, condition] as const] : [],
  );
  return {
    name: toText(readField(document, 'name')) ?? '',
    image: toText(readField(document, 'image')),
    // ECS: a container is essential unless it says otherwise.
    essential: readField(document, 'essential') !== false,
    entryPoint: toTexts(readField(document, 'entryPoint')),
    command: toTexts(readField(document, 'command')),
    environment: Object.fromEntries(toList(readField(document, 'environment')).flatMap(readVariable)),
    stopTimeout: typeof stopTimeout === 'number' ? stopTimeout * 1000 : null,
    dependsOn: dependencies.map(({ container }) => container),
    ...(conditions.length === 0 ? {} : { conditions: Object.fromEntries(conditions) }),
    initProcess: readField(readField(document, 'linuxParameters'), 'initProcessEnabled') === true,
  };
}

/** The operating system that a task definition names; without one it is Linux (RegisterTaskDefinition, runtimePlatform). */
export function platformOf(document: unknown): string {
  return toText(readField(readField(document, 'runtimePlatform'), 'operatingSystemFamily')) ?? 'LINUX';
}

function readVariable(pair: unknown): readonly (readonly [string, string])[] {
  const name = toText(readField(pair, 'name'));
  return name === null ? [] : [[name, toText(readField(pair, 'value')) ?? '']];
}

function readField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The value as a list of texts; empty if it is anything else. */
function toTexts(value: unknown): string[] {
  const items = toList(value);
  return items.every((item) => typeof item === 'string') ? [...items] : [];
}

/** Family and revision of `...:task-definition/FAMILY:REVISION`; null for any other ARN. */
function familyOf(definitionArn: string): { readonly family: string; readonly revision: string } | null {
  const [, family, revision] = /(?:^|\/)([A-Za-z0-9_-]+):(\d+)$/.exec(definitionArn) ?? [];
  return family === undefined || revision === undefined ? null : { family, revision };
}

/**
 * Whether Docker's name of a container (an agent's tag `ecs:container-name`) means the container `name` of a definition. On
 * Fargate it is the plain name; elsewhere `ecs-FAMILY-REVISION-NAME-HEX`, where NAME keeps only letters, digits and `-`
 * (docker_task_engine.go of the ECS agent).
 */
export function isDockerNameOf(dockerName: string, name: string, definitionArn: string): boolean {
  if (dockerName === name) return true;
  const of = familyOf(definitionArn);
  if (of === null) return false;
  const prefix = `ecs-${of.family}-${of.revision}-${name.replaceAll(/[^A-Za-z0-9-]/g, '')}-`;
  return dockerName.startsWith(prefix) && /^[0-9a-f]+$/.test(dockerName.slice(prefix.length));
}
