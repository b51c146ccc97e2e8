import type { DocumentName } from './documents.ts';
import type { Json, Path } from './json.ts';

/** One change of one document: what stands there now and what shall; undefined is nothing. */
export interface Edit {
  readonly document: DocumentName;
  readonly path: Path;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}
