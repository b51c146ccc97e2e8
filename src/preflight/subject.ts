import type { ContainerDefinition } from '../model/entities/task.ts';
import type { ImageConfig } from '../worker/image-config.ts';
import type { AgentStart } from '../worker/agent-start.ts';
import type { Worker } from '../worker/worker.ts';
import type { DocumentName, Documents, Edit, Live } from './documents.ts';
import type { Json, JsonObject, Path } from './json.ts';

/** One container of the definition, with where it stands in the document. */
export interface Container extends ContainerDefinition {
  readonly path: Path;
  /** As the document has it; undefined where the definition is known in our words alone. */
  readonly value: Json | undefined;
  readonly start: AgentStart;
}

/** One setting of the agent, as a flag or as a variable. */
export interface Setting {
  /** The text after the flag; `true` for a flag without one. */
  readonly value: string;
  readonly by: 'flag' | 'variable';
  readonly document: DocumentName;
  readonly path: Path;
  /** The edits that take it out. */
  readonly without: readonly Edit[];
  /** The edits that give it another value. */
  with(value: string): readonly Edit[];
}

/** The settings of the agent, with where they stand and how they are changed. */
export interface AgentSettings {
  /** Whether its command line is known, so that a missing flag is missing. */
  readonly known: boolean;
  /** A file that may say more (`--config`), or null where none is named. */
  readonly configFile: string | null;
  get(flag: string): Setting | null;
  /** The edits that add a flag, or a variable where no command line can be changed. */
  add(flag: string, value: string | null): readonly Edit[];
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
  /** What the documents say, whoever asks. */
  readonly worker: Worker;
  readonly agent: Container;
  readonly sidecars: readonly Container[];
  readonly imageConfig: ImageConfig | null;
  readonly settings: AgentSettings;
  /** Major, minor and patch of the agent, and how they are known; null where they are not. */
  readonly version: { readonly numbers: readonly [number, number, number]; readonly said: string } | null;
  readonly pipeline: Pipeline | null;
}
