/** Family and revision of `...:task-definition/FAMILY:REVISION`; null where the ARN is none. */
function familyOf(definitionArn: string): { readonly family: string; readonly revision: string } | null {
  const [, family, revision] = /(?:^|\/)([A-Za-z0-9_-]+):(\d+)$/.exec(definitionArn) ?? [];
  return family === undefined || revision === undefined ? null : { family, revision };
}

/**
 * Whether Docker's name of a container, as an agent's tag `ecs:container-name` has it, is that of the container `name` of a
 * definition. On Fargate it is the plain name; elsewhere `ecs-FAMILY-REVISION-NAME-HEX`, without the characters of NAME that
 * are neither letters, digits nor `-` (docker_task_engine.go of the ECS agent).
 */
export function isDockerNameOf(dockerName: string, name: string, definitionArn: string): boolean {
  if (dockerName === name) return true;
  const of = familyOf(definitionArn);
  if (of === null) return false;
  const prefix = `ecs-${of.family}-${of.revision}-${name.replaceAll(/[^A-Za-z0-9-]/g, '')}-`;
  return dockerName.startsWith(prefix) && /^[0-9a-f]+$/.test(dockerName.slice(prefix.length));
}
