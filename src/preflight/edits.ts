import type { DocumentName, Documents, Edit } from './documents.ts';
import type { Json, Path } from './json.ts';
import { itemsOf, member, valueAt } from './json.ts';
import type { Container } from './subject.ts';

/** One value of a document set, or taken out where `after` is undefined. */
export function edit(
  documents: Documents,
  document: DocumentName,
  path: Path,
  after: Json | undefined,
): Edit {
  return { document, path, before: valueAt(documents[document]?.value, path), after };
}

/** One member of a container's definition. */
export function ofContainer({ value, path }: Container, name: string, after: Json | undefined): Edit {
  return { document: 'taskDefinition', path: [...path, name], before: member(value, name), after };
}

/** Another stopTimeout of a container; milliseconds. */
export function stopTimeoutEdit(container: Container, ms: number): Edit {
  return ofContainer(container, 'stopTimeout', ms / 1000);
}

/** Seconds as a definition writes them. */
export function inSeconds(ms: number): string {
  return String(ms / 1000);
}

/** The place of a container's member, or of the container where it has none. */
export function placeIn(
  { value, path }: Container,
  name: string,
): { document: 'taskDefinition'; path: Path } {
  return { document: 'taskDefinition', path: member(value, name) === undefined ? path : [...path, name] };
}

/** The variables of a container as ECS lists them; a definition that is known in our words alone gives them in their order. */
export function listedEnvironment({
  value,
  environment,
}: Pick<Container, 'value' | 'environment'>): readonly Json[] {
  if (value !== undefined) return itemsOf(member(value, 'environment'));
  return Object.entries(environment).map(([name, text]) => ({ name, value: text }));
}

/** The same of what a container depends on. */
export function listedDependencies({
  value,
  dependsOn,
  conditions,
}: Pick<Container, 'value' | 'dependsOn' | 'conditions'>): readonly Json[] {
  if (value !== undefined) return itemsOf(member(value, 'dependsOn'));
  return dependsOn.map((name) => ({ containerName: name, condition: conditions?.[name] ?? 'START' }));
}
