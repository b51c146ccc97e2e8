/** How this agent takes a stop, and the version that it therefore says it is. */
export interface Manner {
  /** Reports a stop that it hears, as agents from 3.138 on do (https://github.com/buildkite/agent/pull/4270). */
  readonly reportsStops: boolean;
  /** Says "stand-in" in any case, so that no report can take it for a real agent. */
  readonly version: string;
}

/** Reads the manner that the rig picked; without a word the agent is one that cannot report. */
export function mannerOf(env: Readonly<Record<string, string | undefined>>): Manner {
  const reportsStops = env['GAMEDAY_RIG_STAND_IN'] === 'reporting';
  return { reportsStops, version: reportsStops ? '3.138.0+stand-in' : '0.0.0-stand-in' };
}
