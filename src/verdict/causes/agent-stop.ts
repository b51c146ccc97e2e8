import type { Attempt } from '../../evidence/attempts.ts';
import { byBuildkite, clocksOf, shiftStamp } from '../../evidence/clocks.ts';
import { findEndTime } from '../../evidence/job-times.ts';
import { findSignalWindow } from '../../evidence/stop.ts';
import type { Agent } from '../../model/entities/agent.ts';
import type { Sighting } from '../../evidence/evidence.ts';
import { durationOf } from '../../worker/settings.ts';
import { findWayToAgent, readAgentExitCode, type Grounds } from './grounds.ts';

/** The default grace period of a canceled job, milliseconds: 10 s until version 4, then 10 s and 5 s (Buildkite, agent configuration). */
const DEFAULT_GRACE = 10_000;
const DEFAULT_GRACE_OF_V4 = 15_000;
/** How long after the grace period Buildkite may take to show the end of a canceled job, milliseconds. */
const SPARE = 5_000;

/** The job that its own agent canceled; null where none was. */
export function findCanceledByAgent({ hurt }: Grounds): Attempt | null {
  return hurt?.job.signalReason === 'agent_stop' ? hurt : null;
}

/** How long the agent lets a canceled job run on, milliseconds. */
export function readCancelGrace({ look, worker }: Grounds): number {
  const set = durationOf(look.subject?.settings.get('cancel-grace-period') ?? null);
  if (set !== null) return set;
  const [, major = '3'] = /^v?(\d+)\./.exec(worker?.value.version ?? '') ?? [];
  return Number(major) >= 4 ? DEFAULT_GRACE_OF_V4 : DEFAULT_GRACE;
}

/** The evidence that the agent got a signal or request to cancel its job. */
export interface Telling {
  readonly said: string;
  readonly event: number;
  readonly change: string | null;
  /** Whether it is known to cancel the job, and the job ended in the time in which it must have. */
  readonly sure: boolean;
}

/** A forced stop that Buildkite shows, or a stop signal that cancels at once; null if nothing shows either. */
export function findTelling(grounds: Grounds): Telling | null {
  return findForcedStop(grounds) ?? findCancelingStop(grounds);
}

function findForcedStop(grounds: Grounds): Telling | null {
  const { evidence, hurt } = grounds;
  const agent = agentOf(grounds);
  const at = agent?.value.stopForcedAt ?? null;
  if (agent === null || at === null) return null;
  const end = hurt === null ? null : findEndTime(hurt.job);
  // A forced stop after the job's end did not cancel it.
  if (end !== null && clocksOf(evidence).order(byBuildkite(at), end) === 'after') return null;
  const who = agent.value.stopForcedBy ?? 'a user whom it does not name';
  const said = `Buildkite shows a forced stop of the agent by ${who}`;
  return { said, event: agent.seq, change: null, sure: end !== null };
}

function findCancelingStop(grounds: Grounds): Telling | null {
  const { evidence, look, hurt } = grounds;
  for (const { data, event, change, todo } of look.foreseen) {
    if (data?.about !== 'canceling-stop') continue;
    const window = findSignalWindow(evidence);
    const end = hurt === null ? null : findEndTime(hurt.job);
    const limit = window === null ? null : shiftStamp(window.to, readCancelGrace(grounds) + SPARE);
    const inTime = end !== null && limit !== null && clocksOf(evidence).order(end, limit) !== 'after';
    const said = `${data.by} makes one stop signal enough, as preflight shows`;
    return { said, event, change: change ?? todo, sure: data.sure && inTime };
  }
  return null;
}

/** Whether the agent may have stopped itself because Buildkite refused its heartbeats. */
export type Refusal = 'shown' | 'possible' | 'excluded';

/** Since 3.116.0 an agent whose heartbeats are refused for good exits with an error, and does not disconnect. */
export function refusalOf(grounds: Grounds): Refusal {
  const { hurt } = grounds;
  const agent = agentOf(grounds);
  if (agent === null) return 'possible';
  const isLost = agent.value.lostAt !== null || agent.value.connection === 'lost';
  if (isLost || (hurt?.job.events ?? []).some(({ type }) => type === 'AGENT_LOST')) return 'shown';
  const way = findWayToAgent(grounds);
  const isOwnCode = way.by === 'nothing' && way.sure && agent.value.id === grounds.worker?.value.id;
  if (!isOwnCode || !hasErrorExit(agent.value)) return 'possible';
  const code = readAgentExitCode(grounds);
  if (code === 0) return 'excluded';
  return code === 1 ? 'shown' : 'possible';
}

function hasErrorExit({ version }: Agent): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 116);
}

/** The agent of the hurt job. */
function agentOf({ evidence, hurt, worker }: Grounds): Sighting<Agent> | null {
  return hurt?.job.agentId == null ? worker : evidence.last('agent', hurt.job.agentId);
}
