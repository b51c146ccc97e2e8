import type { Json, JsonObject, Path } from './json.ts';

/** What can be looked at. */
export type DocumentName =
  'taskDefinition' | 'service' | 'pipeline' | 'imageConfig' | 'capacityProvider' | 'scenario';

/** One document without its wrapping. */
export interface Doc {
  readonly value: JsonObject;
  /** Where that value stands in what was given: `taskDefinition` in the answer of `describe-task-definition`. */
  readonly base: Path;
  /** What it is called to people: its file, its ARN. */
  readonly name: string;
}

/** One change of one document: what stands there now and what shall; undefined is nothing. */
export interface Edit {
  readonly document: DocumentName;
  readonly path: Path;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** What was given; null is not known, never assumed. */
export interface Documents {
  readonly taskDefinition: Doc;
  readonly service: Doc | null;
  readonly pipeline: Doc | null;
  readonly imageConfig: Doc | null;
  /** `value.capacityProviders` is the list. */
  readonly capacityProvider: Doc | null;
  readonly scenario: Doc | null;
}

/** How long the passed jobs of a step took, in seconds; without jobs nothing is known. */
export interface StepTimes {
  readonly key: string;
  readonly jobs: number;
  readonly median: number;
  /** The time under which 95 of 100 stay (nearest rank). */
  readonly p95: number;
  readonly most: number;
}

/** Facts of the running world, where somebody could ask for them; null is not known. */
export interface Live {
  /** Versions of the agents that run on this service. */
  readonly agentVersions: readonly string[] | null;
  /** ARN of the task that gameday itself runs in; null: in none, or not known. */
  readonly ownTask: string | null;
  /** Name or ARN of the cluster that is looked at. */
  readonly cluster: string | null;
  /** Tasks of the service, and how many of them are protected from scale-in. */
  readonly protection: { readonly tasks: number; readonly protected: number } | null;
  /** How long steps took in the past; one of which nothing is known is there without jobs. */
  readonly history: readonly StepTimes[] | null;
}

export const OFFLINE: Live = {
  agentVersions: null,
  ownTask: null,
  cluster: null,
  protection: null,
  history: null,
};
