/** One `retry.automatic` rule, its defaults filled in; `'*'` is 1 to 255 for a status and anything else for the rest, `'none'` is the absence of a signal or reason. */
export interface RetryRule {
  readonly exitStatus: '*' | 'any' | readonly number[];
  readonly signal: string;
  readonly signalReason: string;
  readonly limit: number;
}

/** A step's `retry` block. */
export interface RetryRules {
  readonly automatic: readonly RetryRule[];
  readonly manual: boolean;
  readonly manualOnPassed: boolean;
}

/** One entry of `depends_on`. */
export interface StepDependency {
  readonly step: string;
  readonly allowFailure: boolean;
}

/** How many jobs of a group may have an agent at a time. */
export interface Concurrency {
  readonly group: string;
  readonly limit: number;
  readonly method: 'ordered' | 'eager';
}

/** One job of a matrix: its values by dimension (`''` of a matrix that is one list), and what an adjustment says of it. */
export interface Permutation {
  readonly values: Readonly<Record<string, string>>;
  readonly skip: boolean;
  /** Undefined: as the step has it. */
  readonly softFail: boolean | readonly number[] | undefined;
}

interface StepCommon {
  /** Key of the group that it stands in. */
  readonly group: string | null;
  readonly key: string | null;
  readonly label: string | null;
  /** undefined: what the waits and blocks before it say; a list (also an empty one) replaces that. */
  readonly dependsOn: readonly StepDependency[] | undefined;
  readonly allowDependencyFailure: boolean;
}

/** A step that runs a command. */
export interface CommandStep extends StepCommon {
  readonly kind: 'command';
  readonly command: string;
  readonly agents: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly parallelism: number | null;
  readonly matrix: readonly Permutation[];
  readonly concurrency: Concurrency | null;
  readonly softFail: boolean | readonly number[];
  readonly retry: RetryRules;
  readonly timeoutMs: number | null;
  readonly priority: number;
  readonly skip: boolean;
  readonly artifactPaths: string | null;
  /** As JSON. */
  readonly plugins: string | null;
}

/** A step that holds what follows until everything before it is done. */
export interface WaitStep extends StepCommon {
  readonly kind: 'wait';
  readonly continueOnFailure: boolean;
}

/** A step that holds what follows until a person unblocks it. */
export interface BlockStep extends StepCommon {
  readonly kind: 'block';
  readonly blockedState: 'FAILED' | 'PASSED' | 'RUNNING';
}

/** A step that starts a build of another pipeline. */
export interface TriggerStep extends StepCommon {
  readonly kind: 'trigger';
  readonly pipeline: string;
  /** The step does not wait for the build. */
  readonly async: boolean;
  readonly softFail: boolean;
  readonly skip: boolean;
  readonly parallelism: number | null;
  readonly build: {
    readonly branch: string | null;
    readonly commit: string | null;
    readonly message: string | null;
    readonly env: Readonly<Record<string, string>>;
    readonly metaData: Readonly<Record<string, string>>;
  };
}

/** A step as the rig understands it. */
export type Step = CommandStep | WaitStep | BlockStep | TriggerStep;
