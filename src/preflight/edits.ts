import type { Edit } from './edit.ts';
import type { Json, Path } from './json.ts';
import { member, valueAt } from './json.ts';
import type { DocumentName, Documents } from './documents.ts';
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

/** The place of a container's member, or of the container where it has none. */
export function placeIn(
  { value, path }: Container,
  name: string,
): { document: 'taskDefinition'; path: Path } {
  return { document: 'taskDefinition', path: member(value, name) === undefined ? path : [...path, name] };
}
