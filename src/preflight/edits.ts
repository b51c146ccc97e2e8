import type { DocumentName, Documents, Edit } from './documents.ts';
import type { Json, Path } from './json.ts';
import { itemsOf, member, valueAt } from './json.ts';
import type { Container } from './subject.ts';

/** The edit that sets one value of a document, or removes it where `after` is undefined. */
export function editDocument(
  documents: Documents,
  document: DocumentName,
  path: Path,
  after: Json | undefined,
): Edit {
  return { document, path, before: valueAt(documents[document]?.value, path), after };
}

/** The edit that sets or removes one member of a container's definition. */
export function editContainer({ value, path }: Container, name: string, after: Json | undefined): Edit {
  return { document: 'taskDefinition', path: [...path, name], before: member(value, name), after };
}

/** The edit that sets a container's stopTimeout; `ms` in milliseconds. */
export function editStopTimeout(container: Container, ms: number): Edit {
  return editContainer(container, 'stopTimeout', ms / 1000);
}

/** Milliseconds as the seconds that a definition holds. */
export function inSeconds(ms: number): string {
  return String(ms / 1000);
}

/** The place of a container's member, or of the container where it lacks that member. */
export function placeIn(
  { value, path }: Container,
  name: string,
): { document: 'taskDefinition'; path: Path } {
  return { document: 'taskDefinition', path: member(value, name) === undefined ? path : [...path, name] };
}

/** The variables of a container as ECS lists them; built from our model where the document itself is not at hand. */
export function listEnvironment({
  value,
  environment,
}: Pick<Container, 'value' | 'environment'>): readonly Json[] {
  if (value !== undefined) return itemsOf(member(value, 'environment'));
  return Object.entries(environment).map(([name, text]) => ({ name, value: text }));
}

/** The dependencies of a container as ECS lists them; built from our model where the document itself is not at hand. */
export function listDependencies({
  value,
  dependsOn,
  conditions,
}: Pick<Container, 'value' | 'dependsOn' | 'conditions'>): readonly Json[] {
  if (value !== undefined) return itemsOf(member(value, 'dependsOn'));
  return dependsOn.map((name) => ({ containerName: name, condition: conditions?.[name] ?? 'START' }));
}
