import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { newUuid } from './ids.ts';
import { serverNow } from './model.ts';
import type { Job, World } from './model.ts';

/** Who signs the tokens, as they say it. */
export const ISSUER = 'https://agent.buildkite.com';
/** How long a token holds where a job does not say. */
const LIFETIME_S = 300;

/** Signs tokens by which a job shows others who it is (BK-70). */
export class Issuer {
  readonly #keyId = newUuid();
  #key: KeyObject | undefined;

  /** The keys by which anybody can check a token. */
  keys(): { readonly keys: readonly object[] } {
    const key = createPublicKey(this.#private()).export({ format: 'jwk' });
    return { keys: [{ ...key, kid: this.#keyId, alg: 'RS256', use: 'sig' }] };
  }

  /** A token of a job. `audience` and `lifetimeS` are what the job asks for. */
  issue(world: World, job: Job, audience?: string, lifetimeS?: number): string {
    const now = Math.floor(serverNow(world) / 1000);
    const parts = [
      { typ: 'JWT', alg: 'RS256', kid: this.#keyId },
      {
        ...claimsOf(world, job),
        aud: audience ?? `https://buildkite.com/${world.organization.slug}`,
        ...{ iat: now, nbf: now, exp: now + (lifetimeS ?? LIFETIME_S) },
      },
    ];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#private()).toString('base64url')}`;
  }

  /** Made when it is first needed: it takes a while. */
  #private(): KeyObject {
    this.#key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return this.#key;
  }
}

function claimsOf(world: World, job: Job): Readonly<Record<string, unknown>> {
  const { build, step } = job;
  const organization = world.organization.slug;
  const pipeline = build.pipeline.slug;
  const ref = `refs/heads/${build.branch}`;
  return {
    iss: ISSUER,
    sub: `organization:${organization}:pipeline:${pipeline}:ref:${ref}:commit:${build.commit}:step:${step.key ?? ''}`,
    organization_slug: organization,
    pipeline_slug: pipeline,
    build_number: build.number,
    build_branch: build.branch,
    build_commit: build.commit,
    step_key: step.key,
    job_id: job.uuid,
    agent_id: job.agent?.uuid,
  };
}
