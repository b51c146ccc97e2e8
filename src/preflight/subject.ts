import type { Argv } from './argv.ts';
import type { AgentSettings } from './settings.ts';
import type { Documents, Live } from './documents.ts';
import type { Json, JsonObject, Path } from './json.ts';
import type { Start } from '../worker/start.ts';

/** One container of the definition. */
export interface Container {
  readonly name: string;
  readonly path: Path;
  readonly value: Json | undefined;
  readonly image: string | null;
  readonly essential: boolean;
  /** Seconds; null where the definition gives none. */
  readonly stopTimeout: number | null;
  readonly dependsOn: readonly string[];
  readonly argv: Argv;
  readonly start: Start;
}

/** On what the tasks run, and how that is known. */
export interface Launch {
  readonly kind: 'fargate' | 'ec2' | 'external' | 'unknown';
  /** Whether any of them runs on Fargate Spot; null where it is not known. */
  readonly fargateSpot: boolean | null;
  readonly said: string;
}

/** One step of the pipeline that runs a command. */
export interface Step {
  readonly path: Path;
  readonly value: JsonObject;
  readonly keys: readonly string[];
  /** What it is called to people: key, label or its number. */
  readonly name: string;
  /** Seconds by which it is over, from `timeout_in_minutes`; null where nothing bounds it. */
  readonly atMost: number | null;
  /** Seconds that it certainly takes: a `sleep` of a fixed length that is a command of its own; 0 where nothing is certain. */
  readonly atLeast: number;
}

export interface Pipeline {
  readonly steps: readonly Step[];
  readonly keys: readonly string[];
  /** Steps may be added while the build runs, so that a missing key proves nothing. */
  readonly dynamic: boolean;
}

/** All that a rule may look at. */
export interface Subject {
  readonly documents: Documents;
  readonly live: Live;
  readonly agent: Container;
  readonly sidecars: readonly Container[];
  readonly launch: Launch;
  readonly settings: AgentSettings;
  /** Major, minor and patch of the agent, and how they are known; null where they are not. */
  readonly version: { readonly numbers: readonly [number, number, number]; readonly said: string } | null;
  readonly pipeline: Pipeline | null;
}
