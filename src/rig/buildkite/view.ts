import { graphqlId } from './ids.ts';
import type { Agent, Build, Job, Pipeline, User, World } from './model.ts';

/** An object as graphql-js reads it: plain values and functions of a field's arguments. */
export type View = Readonly<Record<string, unknown>>;

/** The views that refer to one another, over one world. */
export interface Views {
  readonly world: World;
  readonly organization: () => View;
  readonly pipeline: (pipeline: Pipeline) => View;
  readonly build: (build: Build) => View;
  readonly job: (job: Job) => View;
  readonly agent: (agent: Agent) => View;
}

/** Buildkite's time format. */
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** A user. */
export function userView(user: User | null): View | null {
  if (user === null) return null;
  return { __typename: 'User', id: graphqlId('User', user.uuid), bot: false, ...user };
}
