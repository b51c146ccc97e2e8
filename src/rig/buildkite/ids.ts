import { randomBytes, randomUUID } from 'node:crypto';

/** The kinds of thing that have a GraphQL id. */
export type IdKind =
  'Agent' | 'Annotation' | 'Build' | 'Job' | 'JobEvent' | 'Organization' | 'Pipeline' | 'User' | 'Viewer';

/** A GraphQL id: base64 of `Type---uuid` (the form that Buildkite's own documentation shows). */
export function graphqlId(kind: IdKind, uuid: string): string {
  return Buffer.from(`${kind}---${uuid}`).toString('base64');
}

/** The uuid inside a GraphQL id of that kind; undefined for anything else. */
export function uuidOf(kind: IdKind, id: string): string | undefined {
  const [type, uuid] = Buffer.from(id, 'base64').toString('utf8').split('---');
  return type === kind ? uuid : undefined;
}

/** A fresh uuid. */
export function newUuid(): string {
  return randomUUID();
}

/** A fresh secret with Buildkite's prefix for its kind: bkua (API), bkar (registration), bkaa (session), bkaj (job). */
export function newToken(prefix: 'bkua' | 'bkar' | 'bkaa' | 'bkaj'): string {
  return `${prefix}_${randomBytes(20).toString('hex')}`;
}
