import type { ActionInput, StartInput, TemplateInput } from './shapes.ts';

/** A stored template. */
export interface Template {
  readonly id: string;
  readonly arn: string;
  readonly input: TemplateInput;
  readonly createdAt: number;
}

/** The state of an experiment or of one of its actions, with what FIS says about it. */
export interface State<S extends string> {
  readonly status: S;
  readonly reason: string;
}

export type ExperimentStatus =
  'pending' | 'initiating' | 'running' | 'completed' | 'stopping' | 'stopped' | 'failed' | 'cancelled';
export type ActionStatus =
  'pending' | 'initiating' | 'running' | 'completed' | 'cancelled' | 'stopped' | 'failed' | 'skipped';

/** One action of an experiment as it goes on. */
export interface RunningAction {
  readonly name: string;
  readonly input: ActionInput;
  state: State<ActionStatus>;
  startedAt?: number;
  endedAt?: number;
}

/** An experiment: its template as it was at the start, and how far it has come. */
export interface Experiment {
  readonly id: string;
  readonly arn: string;
  readonly template: Template;
  readonly input: StartInput;
  readonly actions: readonly RunningAction[];
  readonly createdAt: number;
  state: State<ExperimentStatus>;
  startedAt?: number;
  endedAt?: number;
}

/** Whether nothing of it goes on any more. */
export function hasEnded({ state }: Experiment): boolean {
  return ['completed', 'stopped', 'failed', 'cancelled'].includes(state.status);
}
