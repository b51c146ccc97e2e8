import type { ContainerDefinition } from '../model/entities/task.ts';

/** One entry of `containerDefinitions` in our model. A member of an unexpected shape is left out. */
export function readContainer(document: unknown): ContainerDefinition {
  const stopTimeout = field(document, 'stopTimeout');
  const dependencies = list(field(document, 'dependsOn')).flatMap((one) => {
    const [container, condition] = [field(one, 'containerName'), field(one, 'condition')];
    return typeof container === 'string' ? [{ container, condition }] : [];
  });
  const conditions = dependencies.flatMap(({ container, condition }) =>
    typeof condition === 'string' ? [[container, condition] as const] : [],
  );
  return {
    name: text(field(document, 'name')) ?? '',
    image: text(field(document, 'image')),
    // ECS: a container is essential unless it says otherwise.
    essential: field(document, 'essential') !== false,
    entryPoint: texts(field(document, 'entryPoint')),
    command: texts(field(document, 'command')),
    environment: Object.fromEntries(list(field(document, 'environment')).flatMap(variable)),
    stopTimeout: typeof stopTimeout === 'number' ? stopTimeout * 1000 : null,
    dependsOn: dependencies.map(({ container }) => container),
    ...(conditions.length === 0 ? {} : { conditions: Object.fromEntries(conditions) }),
    initProcess: field(field(document, 'linuxParameters'), 'initProcessEnabled') === true,
  };
}

function variable(pair: unknown): readonly (readonly [string, string])[] {
  const name = text(field(pair, 'name'));
  return name === null ? [] : [[name, text(field(pair, 'value')) ?? '']];
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The value as a list of texts; empty if it is anything else. */
function texts(value: unknown): string[] {
  const items = list(value);
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
