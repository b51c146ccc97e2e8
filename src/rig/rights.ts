import type { JsonWebKey } from 'node:crypto';
import type * as z from 'zod';
import { policyShape, type AccessPolicy } from './ecs/policy.ts';
import { trustShape, type FetchKeys, type TrustPolicy } from './ecs/roles.ts';
import { RigFailure } from './failure.ts';
import { readJson, type ReadRigFile } from './file.ts';

/** What the clients may do, where the rig file says it. */
export function readPolicy(file: ReadRigFile): AccessPolicy | undefined {
  return file.rig.policy === undefined
    ? undefined
    : readDocument(file, 'policy', file.rig.policy, policyShape);
}

/** The roles that the rig file names. The keys of identity tokens are asked of Buildkite, as AWS asks for them. */
export function readRoles(
  file: ReadRigFile,
  buildkiteUrl: string,
): { readonly trust: Readonly<Record<string, TrustPolicy>>; readonly fetchKeys: FetchKeys } {
  return {
    trust: Object.fromEntries(
      Object.entries(file.rig.roles).map(([name, path]) => [
        name,
        readDocument(file, `roles.${name}`, path, trustShape),
      ]),
    ),
    fetchKeys: async () => {
      const response = await fetch(`${buildkiteUrl}/.well-known/jwks`);
      return ((await response.json()) as { readonly keys: readonly JsonWebKey[] }).keys;
    },
  };
}

function readDocument<T>(file: ReadRigFile, key: string, named: string, shape: z.ZodType<T>): T {
  const path = file.resolve(named);
  const read = shape.safeParse(readJson(path, 'the policy'));
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const where = (issue?.path ?? []).join('.');
  throw new RigFailure(
    'bad-input',
    `${file.path}: ${key}: ${path}: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'no policy'}`,
  );
}
