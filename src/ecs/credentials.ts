import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { parseKnownFiles } from '@smithy/core/config';
import { withDeadline } from '../http/deadline.ts';
import type { Clock } from '../model/clock.ts';
import type { Credentials } from '../model/entities/surroundings.ts';

/** Keys, when they expire, and where the SDK found them. */
export type Identity = Awaited<ReturnType<ReturnType<typeof defaultProvider>>> & {
  readonly $source?: { readonly CREDENTIALS_ENV_VARS?: string };
};

/** The one source of credentials of all clients. They are fetched once and kept, so that signing never waits while they hold. */
export interface CredentialSource {
  /** The credentials that are kept; fetched first where there are none, or they have expired. */
  provide(signal?: AbortSignal): Promise<Identity>;
  /** The same, but fetched anew where they expire soon. */
  renew(signal: AbortSignal): Promise<Identity>;
  /** AWS did not accept them: they are fetched anew, but not again and again. */
  distrust(): void;
}

/** Credentials are fetched anew this long before they expire, or when half of their time is over; milliseconds. */
const EARLY = 300_000;
/** A `credential_process` may take long; a person who is asked for a code needs time; milliseconds. */
const FETCHED_WITHIN = 120_000;
/** Credentials that AWS did not accept are fetched anew this often at the most, milliseconds. */
const DISTRUSTED_EVERY = 30_000;

interface Kept {
  readonly identity: Identity;
  readonly fetchedAt: number;
  /** When they are to be fetched anew, and when they are of no use any more; Infinity: never. */
  readonly staleAt: number;
  readonly expiresAt: number;
}

/** What clients that find the same credentials keep together, so that a person is asked for one code by all of them. */
export interface CredentialKeep {
  kept: Kept | null;
  fetching: Promise<Identity> | null;
}

export function createCredentialSource(
  fetch: () => Promise<Identity>,
  clock: Clock,
  keep: CredentialKeep = { kept: null, fetching: null },
): CredentialSource {
  /** Fetches once for all who wait. */
  function fetchOnce(): Promise<Identity> {
    keep.fetching ??= withDeadline(new AbortController().signal, FETCHED_WITHIN, fetch)
      .then((identity) => {
        const fetchedAt = clock.now();
        const expiresAt = identity.expiration?.getTime() ?? Infinity;
        const early = Math.min(EARLY, Math.max(0, expiresAt - fetchedAt) / 2);
        keep.kept = { identity, fetchedAt, expiresAt, staleAt: expiresAt - early };
        return identity;
      })
      .finally(() => (keep.fetching = null));
    return keep.fetching;
  }

  async function renew(signal: AbortSignal): Promise<Identity> {
    const before = keep.kept;
    if (before !== null && clock.now() < before.staleAt) return before.identity;
    return withDeadline(signal, FETCHED_WITHIN, fetchOnce).catch((error: unknown) => {
      // What is still valid is used until it expires.
      if (before !== null && clock.now() < before.expiresAt) return before.identity;
      throw error;
    });
  }

  return {
    renew,
    async provide(signal) {
      const { kept } = keep;
      if (kept !== null && clock.now() < kept.expiresAt) return kept.identity;
      return signal === undefined ? fetchOnce() : withDeadline(signal, FETCHED_WITHIN, fetchOnce);
    },
    distrust() {
      const { kept } = keep;
      if (kept !== null && clock.now() - kept.fetchedAt >= DISTRUSTED_EVERY) keep.kept = null;
    },
  };
}

/** What a drill must know of them. Those of the environment are as they were when this process started. */
export function credentialsOf({ expiration, $source }: Identity): Credentials {
  const renewable = $source?.CREDENTIALS_ENV_VARS === undefined;
  return { expiresAt: expiration?.getTime() ?? null, renewable };
}

type Chain = typeof defaultProvider;

/** Fetches by the SDK's own chain: environment, profile (role, SSO, process), web identity, container, instance. */
export function fetchByChain(
  options: Pick<NonNullable<Parameters<Chain>[0]>, 'clientConfig'>,
  caller: NonNullable<Parameters<ReturnType<Chain>>[0]>,
  askMfaCode: ((device: string) => Promise<string>) | undefined,
): () => Promise<Identity> {
  const mfaCodeProvider = askMfaCode ?? refuseMfaCode;
  // The chain keeps what it found, so a new one is made for each fetch.
  return () =>
    defaultProvider({ ...options, mfaCodeProvider })(caller).catch(async (error: unknown) => {
      throw (await explainSso(error)) ?? error;
    });
}

/** What the SDK and the portal of SSO say of a session that `aws sso login` renews. */
const SESSION_OVER = /aws sso login|token not found|Token is expired|UnauthorizedException/i;

/** A session of SSO that is over or was never begun: names the command with the profile, which the SDK leaves out. */
async function explainSso(error: unknown): Promise<Error | null> {
  if (!(error instanceof Error) || !SESSION_OVER.test(error.message)) return null;
  const profile = await findSsoProfile();
  if (profile === null) return null;
  const message = `the SSO session of AWS profile ${profile} has expired, or was never begun: run \`aws sso login --profile ${profile}\``;
  return Object.assign(new Error(message, { cause: error }), { name: 'CredentialsProviderError' });
}

/** The profile in use, or the one that it takes its keys from, if that has a session of SSO. */
async function findSsoProfile(): Promise<string | null> {
  const profiles = await parseKnownFiles({});
  const seen = new Set<string>();
  let name: string | undefined = process.env['AWS_PROFILE'] || 'default';
  while (name !== undefined && !seen.has(name)) {
    seen.add(name);
    const profile: (typeof profiles)[string] | undefined = profiles[name];
    if (profile?.['sso_session'] !== undefined || profile?.['sso_start_url'] !== undefined) return name;
    name = profile?.['source_profile'];
  }
  return null;
}

/** Nobody can be asked: names the command that asks, and gives keys that need no code. */
function refuseMfaCode(device: string): Promise<string> {
  const profile = process.env['AWS_PROFILE'];
  const named = profile === undefined || profile === '' ? '' : ` --profile ${profile}`;
  const message = `the role needs a code of MFA device ${device}, and nobody can be asked for it here: run \`eval "$(aws configure export-credentials${named} --format env)"\` before`;
  return Promise.reject(Object.assign(new Error(message), { name: 'CredentialsProviderError' }));
}
