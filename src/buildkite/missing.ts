import type { Trouble } from '../model/answer.ts';
import { makeTrouble } from '../http/trouble.ts';

interface Missing {
  readonly ok: false;
  readonly trouble: Trouble;
}

/** The trouble of a null answer: Buildkite gives null for what does not exist and for what the token may not see. */
export function makeMissing(what: string): Missing {
  return { ok: false, trouble: makeTrouble('not-found', `Buildkite shows no ${what} to this token`) };
}

/** The trouble of an unknown organization, which must differ from that of an unknown pipeline. */
export function makeMissingOrganization(slug: string): Missing {
  const { trouble: told } = makeMissing(`organization "${slug}"`);
  return { ok: false, trouble: { ...told, missing: 'organization' } };
}

/** The trouble of an answer that cannot be used at all. */
export function makeUnusable(message: string): Missing {
  return { ok: false, trouble: makeTrouble('garbage', message) };
}
