import type { ContainerDefinition } from '../model/entities/task.ts';
import type { KnownImage } from '../worker/image-config.ts';
import type { AgentStart } from '../worker/agent-start.ts';
import type { Worker } from '../worker/worker.ts';
import type { DocumentName, Documents, Edit, Live } from './documents.ts';
import type { Json, JsonObject, Path } from './json.ts';

/** One container of the definition, with its place in the document. */
export interface Container extends ContainerDefinition {
  readonly path: Path;
  /** The container as the document has it; undefined where only our model of it is known. */
  readonly value: Json | undefined;
  readonly start: AgentStart;
}

/** One setting of the agent, as a flag or as a variable. */
export interface Setting {
  /** The text after the flag; `true` for a flag without a value. */
  readonly value: string;
  readonly by: 'flag' | 'variable';
  readonly document: DocumentName;
  readonly path: Path;
  /** The edits that remove the setting. */
  readonly without: readonly Edit[];
  /** The edits that set another value. */
  with(value: string): readonly Edit[];
}

/** The settings of the agent, with their places and the edits that change them. */
export interface AgentSettings {
  /** A file that may hold further settings (`--config`), or null where none is named. */
  readonly configFile: string | null;
  get(flag: string): Setting | null;
  /** Why a flag that `get` does not find may be set all the same; null where it is certainly absent. */
  whyOpen(flag: string): string | null;
  /** The edits that add a flag, or a variable where the command line cannot be changed. */
  add(flag: string, value: string | null): readonly Edit[];
}

/** One step of the pipeline that runs a command. */
export interface Step {
  readonly path: Path;
  readonly value: JsonObject;
  readonly keys: readonly string[];
  /** Name shown to people: key, label or number. */
  readonly name: string;
  /** Seconds that the step takes at most, from `timeout_in_minutes`; null where nothing limits it. */
  readonly atMost: number | null;
  /** Seconds that the step takes at least: its `sleep`s of fixed length; 0 where nothing is certain. */
  readonly atLeast: number;
}

export interface Pipeline {
  readonly steps: readonly Step[];
  readonly keys: readonly string[];
  /** Whether steps may be added while the build runs; then an absent key proves nothing. */
  readonly dynamic: boolean;
}

/** The input of a rule. */
export interface Subject {
  readonly documents: Documents;
  readonly live: Live;
  /** The worker as the one reader of definitions sees it. */
  readonly worker: Worker;
  readonly agent: Container;
  readonly sidecars: readonly Container[];
  readonly imageConfig: KnownImage | null;
  readonly settings: AgentSettings;
  /** Major, minor and patch of the agent, and the source in words; null where the version is not known. */
  readonly version: { readonly numbers: readonly [number, number, number]; readonly said: string } | null;
  readonly pipeline: Pipeline | null;
}
