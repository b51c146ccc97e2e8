import type { Trouble } from '../model/call.ts';
import { trouble } from '../http/trouble.ts';

interface Missing {
  readonly ok: false;
  readonly trouble: Trouble;
}

/** Buildkite answers null both for what does not exist and for what the token may not see. */
export function missing(what: string): Missing {
  return { ok: false, trouble: trouble('not-found', `Buildkite shows no ${what} to this token`) };
}

/** The organization itself is unknown, which a reader must be able to tell from an unknown pipeline. */
export function noOrganization(slug: string): Missing {
  const { trouble: told } = missing(`organization "${slug}"`);
  return { ok: false, trouble: { ...told, missing: 'organization' } };
}

/** An answer that cannot be used as a whole. */
export function unusable(message: string): Missing {
  return { ok: false, trouble: trouble('garbage', message) };
}
