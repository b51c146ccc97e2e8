/** How this agent takes a stop, and the version that it therefore says it is. */
export interface Manner {
  /** Reports a stop that it hears, as agents from 3.138 on do (https://github.com/buildkite/agent/pull/4270). */
  readonly reportsStops: boolean;
  /** Sends no heartbeat once it has heard a stop, as v3.116.0 did (https://github.com/buildkite/agent/pull/3694). */
  readonly stopsHeartbeats: boolean;
  /** Refuses the flags that version 4 removed, at its start. */
  readonly refusesRemovedFlags: boolean;
  /** Says "stand-in" in any case, so that no report can take it for a real agent. */
  readonly version: string;
}

const PLAIN: Manner = {
  reportsStops: false,
  stopsHeartbeats: false,
  refusesRemovedFlags: false,
  version: '0.0.0-stand-in',
};

const MANNERS: ReadonlyMap<string, Manner> = new Map([
  ['reporting', { ...PLAIN, reportsStops: true, version: '3.138.0+stand-in' }],
  ['stops-heartbeats', { ...PLAIN, stopsHeartbeats: true, version: '3.116.0+stand-in' }],
  ['v4', { ...PLAIN, reportsStops: true, refusesRemovedFlags: true, version: '4.0.3+stand-in' }],
]);

/** Reads the manner that the rig picked; without a word the agent is one that cannot report. */
export function mannerOf(env: Readonly<Record<string, string | undefined>>): Manner {
  return MANNERS.get(env['GAMEDAY_RIG_STAND_IN'] ?? '') ?? PLAIN;
}
