import { blocking, lineOfTrouble, ok, type Check } from '../seen.ts';

/** Buildkite takes the token for GraphQL, and names its user. */
export const token: Check = {
  name: 'token',
  judge({ user }) {
    if (!user.ok) return [lineOfTrouble({ kind: 'pipeline', id: '' }, user.trouble)];
    if (user.value === null)
      return [blocking('the token belongs to no user', 'Create an API access token with GraphQL access.')];
    const { name, email } = user.value;
    return [ok(`Buildkite's GraphQL API takes the token of ${name} (${email})`)];
  },
};
