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

interface StepCommon {
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
  readonly matrix: readonly string[];
  readonly softFail: boolean | readonly number[];
  readonly retry: RetryRules;
  readonly timeoutMs: number | null;
  readonly priority: number;
  readonly skip: boolean;
  readonly artifactPaths: string | null;
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

/** A step as the rig understands it. */
export type Step = CommandStep | WaitStep | BlockStep;
