import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import * as z from 'zod';
import { decide, policyShape } from './policy.ts';

/** An answer of STS that is none. */
export class StsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Whose key it is. */
export interface Caller {
  readonly arn: string;
  readonly userId: string;
  readonly account: string;
}

const listed = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const oneStatement = policyShape.shape.Statement.element;

/** The part of a trust policy that the rig can judge: who else may take the role, and on which claims. */
export const trustShape = policyShape.omit({ Statement: true }).extend({
  Statement: z.array(
    oneStatement.omit({ Resource: true }).extend({ Principal: z.strictObject({ Federated: listed }) }),
  ),
});
export type TrustPolicy = z.infer<typeof trustShape>;

interface Wish {
  readonly roleArn: string;
  readonly session: string;
  readonly token: string;
  readonly durationS: number;
}

interface Session {
  readonly keyId: string;
  readonly secret: string;
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly caller: Caller;
}

/** Where the keys of identity tokens are had: by a request, as AWS has them. */
export type FetchKeys = () => Promise<readonly JsonWebKey[]>;

const claimsShape = z.looseObject({ iss: z.string(), aud: z.string(), sub: z.string(), exp: z.number() });
type Claims = z.infer<typeof claimsShape>;

/** The only identity provider of the rig's account. */
const PROVIDER = 'agent.buildkite.com';

/** The roles of the rig's account that a job may take with its identity token (ECS-102). */
export class Roles {
  readonly #account: string;
  readonly #trust: ReadonlyMap<string, TrustPolicy>;
  readonly #fetchKeys: FetchKeys;
  readonly #sessions = new Map<string, Session>();

  constructor(account: string, trust: Readonly<Record<string, TrustPolicy>>, fetchKeys: FetchKeys) {
    this.#account = account;
    this.#trust = new Map(
      Object.entries(trust).map(([name, policy]) => [`arn:aws:iam::${account}:role/${name}`, policy]),
    );
    this.#fetchKeys = fetchKeys;
  }

  /** Whose the key of a role's session is; undefined where it is none, or no longer good. */
  callerOf(keyId: string): Caller | undefined {
    const session = this.#sessions.get(keyId);
    return session === undefined || session.expiresAt <= Date.now() ? undefined : session.caller;
  }

  /** Gives a session of a role to the holder of a token. Throws what STS answers. */
  async assume({ roleArn, session, token, durationS }: Wish): Promise<Session> {
    const claims = readToken(token, await this.#fetchKeys());
    const trust = this.#trust.get(roleArn);
    if (trust === undefined || !trusts(trust, this.#account, claims))
      throw new StsError(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
    const name = roleArn.split('/').at(-1) ?? '';
    const made: Session = {
      keyId: `ASIARIG${randomBytes(8).toString('hex').toUpperCase().slice(0, 13)}`,
      secret: randomBytes(30).toString('base64'),
      token: randomBytes(60).toString('base64'),
      expiresAt: Date.now() + durationS * 1000,
      caller: {
        arn: `arn:aws:sts::${this.#account}:assumed-role/${name}/${session}`,
        userId: `AROARIGRIGRIGRIGRIGRI:${session}`,
        account: this.#account,
      },
    };
    this.#sessions.set(made.keyId, made);
    return made;
  }
}

/** The claims of a token that is signed by one of the keys and still holds. */
function readToken(token: string, keys: readonly JsonWebKey[]): Claims {
  const [head = '', body = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${head}.${body}`);
  const isGood = keys.some((key) =>
    verify('sha256', signed, createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url')),
  );
  if (!isGood)
    throw new StsError(
      400,
      'InvalidIdentityToken',
      "Couldn't retrieve verification key from your identity provider",
    );
  const claims = claimsShape.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  if (claims.exp * 1000 > Date.now()) return claims;
  throw new StsError(
    400,
    'ExpiredTokenException',
    'Token expired: current date/time must be before the expiration date/time',
  );
}

function trusts({ Version, Statement }: TrustPolicy, account: string, claims: Claims): boolean {
  const provider = `arn:aws:iam::${account}:oidc-provider/${PROVIDER}`;
  const named = Statement.filter(({ Principal }) => Principal.Federated.includes(provider));
  const policy = {
    Version,
    Statement: named.map(({ Principal: _, ...rest }) => ({ ...rest, Resource: ['*'] })),
  };
  const keys = { [`${PROVIDER}:aud`]: claims.aud, [`${PROVIDER}:sub`]: claims.sub };
  return (
    claims.iss === `https://${PROVIDER}` &&
    decide(policy, { action: 'sts:AssumeRoleWithWebIdentity', resource: '*', keys }).is === 'allow'
  );
}
