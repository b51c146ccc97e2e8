import type { makeOnce } from '../drill/observer.ts';
import type { Pace } from '../drill/pace.ts';
import type { DrillPorts } from '../drill/ports.ts';
import type { Answered } from '../drill/questions.ts';
import { FACTS, keyOf, type Subject } from '../model/world.ts';
import type { DrillState } from '../state/state.ts';
import type { Ask } from '../state/step.ts';

/** One of the drills that are watched together. */
export interface Member {
  readonly given: Omit<DrillPorts, 'observer'>;
  readonly pace: Pace;
  readonly once: ReturnType<typeof makeOnce>;
  /** What was answered since it took its last observation. */
  arrived: Answered[];
  wake: () => void;
  /** What it knew when it last asked for something; null before that. */
  state: DrillState | null;
  /** Its place among the drills that came near an edge; null while it is far from one. */
  nearAs: number | null;
  /** When one of its polls of Buildkite was sent last. */
  servedAt: number;
}

/** A member that waits for news, and what it polls meanwhile. */
export interface Wait {
  readonly member: Member;
  readonly state: DrillState;
  readonly asks: readonly Ask[];
  readonly signal: AbortSignal;
}

const REMOTE: ReadonlySet<string> = new Set(['Buildkite', 'ECS', 'Application Auto Scaling', 'FIS']);

/** What questions have in common that one request answers; null for one that costs no request. */
export function findKind(subject: Subject): string | null {
  const { kind } = subject;
  if (kind === 'build' || kind === 'task' || kind === 'protection') return kind;
  return REMOTE.has(FACTS[kind].from) || kind === 'preflight' ? keyOf(subject) : null;
}
