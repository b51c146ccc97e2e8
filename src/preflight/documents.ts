import type { Mapping } from '../model/entities/mapping.ts';
import type { Json, JsonObject, Path } from './json.ts';

/** The documents that preflight can read. */
export type DocumentName =
  'taskDefinition' | 'service' | 'pipeline' | 'imageConfig' | 'capacityProvider' | 'scenario' | 'hooks';

/** One document, taken out of the answer or list around it. */
export interface Doc {
  readonly value: JsonObject;
  /** Path of `value` in the file, such as `taskDefinition` in the answer of `describe-task-definition`. */
  readonly base: Path;
  /** Name shown to people: the file or the ARN. */
  readonly name: string;
  /** Only a Dockerfile's: what it leaves to its base image or to the build, each with the reason in words. */
  readonly open?: Open;
}

export interface Open {
  readonly entryPoint: string | null;
  readonly stopSignal: string | null;
  /** By name, those of the agent's variables whose value depends on something outside the file. */
  readonly variables: Readonly<Record<string, string>>;
}

/** One change of one document: the present and the new value; undefined means that there is none. */
export interface Edit {
  readonly document: DocumentName;
  readonly path: Path;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** The given documents. Null means not given; no rule assumes a value for it. */
export interface Documents {
  readonly taskDefinition: Doc;
  readonly service: Doc | null;
  readonly pipeline: Doc | null;
  readonly imageConfig: Doc | null;
  /** `value.capacityProviders` is the list. */
  readonly capacityProvider: Doc | null;
  readonly scenario: Doc | null;
  /** `value` holds the lines of each hook of the agent by its file's name; null for a hook that is no text. */
  readonly hooks: Doc | null;
}

/** How long the passed jobs of a step took, in seconds; all zero where `jobs` is 0. */
export interface StepTimes {
  readonly key: string;
  readonly jobs: number;
  readonly median: number;
  /** The 95th percentile (nearest rank). */
  readonly p95: number;
  readonly most: number;
}

/** Facts read from running services; null means not known. */
export interface Live {
  /** Versions of the agents that run on this service. */
  readonly agentVersions: readonly string[] | null;
  /** How the tasks that run now lead to their agents. */
  readonly mapping: Mapping | null;
  /** ARN of the task that gameday itself runs in; null if it runs in none, or that is not known. */
  readonly ownTask: string | null;
  /** Name or ARN of the cluster that was read. */
  readonly cluster: string | null;
  /** Tasks of the service, how many of them are protected from scale-in, and the seconds until the last protection ends. */
  readonly protection: {
    readonly tasks: number;
    readonly protected: number;
    readonly left: number | null;
  } | null;
  /** How long steps took in the past; a step without a known job has `jobs` 0. */
  readonly history: readonly StepTimes[] | null;
}

/** Why something that the image decides is not known, and what would show it. */
export function sayWhyOpen({ imageConfig }: Documents, what: 'entryPoint' | 'stopSignal'): string {
  return imageConfig?.open?.[what] ?? 'give --image-config (docker image inspect) or --dockerfile';
}

export const OFFLINE: Live = {
  agentVersions: null,
  mapping: null,
  ownTask: null,
  cluster: null,
  protection: null,
  history: null,
};
