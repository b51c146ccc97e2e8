import type { Trouble } from '../model/call.ts';
import { trouble } from '../http/trouble.ts';

interface Missing {
  readonly ok: false;
  readonly trouble: Trouble;
}

/** The trouble of a null answer: Buildkite gives null for what does not exist and for what the token may not see. */
export function missing(what: string): Missing {
  return { ok: false, trouble: trouble('not-found', `Buildkite shows no ${what} to this token`) };
}

/** The trouble of an unknown organization, which must differ from that of an unknown pipeline. */
export function noOrganization(slug: string): Missing {
  const { trouble: told } = missing(`organization "${slug}"`);
  return { ok: false, trouble: { ...told, missing: 'organization' } };
}

/** The trouble of an answer that cannot be used at all. */
export function unusable(message: string): Missing {
  return { ok: false, trouble: trouble('garbage', message) };
}
