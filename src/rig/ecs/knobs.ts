/** Where ECS's behaviour is unverified or bends: the values that the rig can take. */
export interface EcsKnobs {
  readonly containerBatchMs: number;
  readonly staleDescribe: number;
  readonly exitCode: 'present' | 'absent';
  readonly secondStopTask: 'keeps' | 'overwrites' | 'refused';
  readonly stopTask: 'ok' | 'ignored';
  readonly agentTag: 'present' | 'absent';
}

/** The knobs where nothing was said. */
export const defaultEcsKnobs: EcsKnobs = {
  containerBatchMs: 0,
  staleDescribe: 0,
  exitCode: 'present',
  secondStopTask: 'keeps',
  stopTask: 'ok',
  agentTag: 'present',
};
