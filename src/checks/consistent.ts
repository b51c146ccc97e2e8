import { hasAgentLeft } from '../model/entities/agent.ts';
import { findAgentContainer, findSignalPath } from '../evidence/agent-container.ts';
import { hasReturned, isJudged, type Attempt } from '../evidence/attempts.ts';
import { byBuildkite, byInstance, clocksOf, type Stamp } from '../evidence/clocks.ts';
import { findFinishTime } from '../evidence/job-times.ts';
import { findSignalledLook, stopOf } from '../evidence/stop.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { isOneShot } from './heard.ts';
import { inFlight, findInFlightRead } from './in-flight.ts';
import { formatClockTime } from './times.ts';
import { judgeWrongContainer } from './wrong-container.ts';

type Contradiction = (about: Case, stop: Stamp) => Answered | null;

function makeContradiction(
  said: string,
  events: readonly (number | null)[],
  notes: readonly string[] = [],
): Answered {
  return unknown(said, events, 'evidence-missing', notes);
}

/** The agent's container had ended before we stopped anything: the worker was not sound, no matter how its job ended. */
const findEarlyContainerEnd: Contradiction = ({ evidence }, stop) => {
  const agent = findAgentContainer(evidence);
  const ended = agent?.task.value.executionStoppedAt ?? null;
  if (agent === null || ended === null) return null;
  const end = byInstance(ended, agent.task.value);
  if (clocksOf(evidence).order(end, stop) !== 'before') return null;
  const said = `ended at ${formatClockTime(end.at)}, before the stop (${formatClockTime(stop.at)})`;
  if (agent.onlyEssential)
    return no('unsound-baseline', `the agent's container had crashed: it ${said}`, [agent.task.seq]);
  return makeContradiction(`an essential container of the task ${said}, and ECS does not show which one`, [
    agent.task.seq,
  ]);
};

/** An agent that had left before the stop did not leave because of it. */
const findEarlyDeparture: Contradiction = ({ evidence }, stop) => {
  const agent = evidence.last('agent', evidence.target?.agentId ?? '');
  if (agent === null || !hasAgentLeft(agent.value)) return null;
  for (const [what, at] of [
    ['disconnected', agent.value.disconnectedAt],
    ['was marked lost', agent.value.lostAt],
  ] as const) {
    if (at === null || clocksOf(evidence).order(byBuildkite(at), stop) !== 'before') continue;
    return makeContradiction(
      `the agent ${what} at ${formatClockTime(at)}, before the stop (${formatClockTime(stop.at)})`,
      [agent.seq],
    );
  }
  return null;
};

/** What the container starts is known not to pass the signal on, so the agent cannot have heard it. */
const findKeptSignal: Contradiction = (about) => {
  const { evidence } = about;
  const agent = findAgentContainer(evidence);
  const path = findSignalPath(evidence);
  if (path.reaches !== 'no' || isOneShot(evidence)) return null;
  const left = evidence.last('agent', evidence.target?.agentId ?? '');
  return makeContradiction(`${path.said} from the agent, and yet the agent left as if it had heard it`, [
    agent?.task.seq ?? null,
    left?.seq ?? null,
  ]);
};

/** The history of a job has AGENT_LOST, but the same agent finished the job later: neither a loss nor a pass (verdict rule 17). */
const findReturnedJob: Contradiction = ({ evidence, attempts }) => {
  const attempt = attempts.filter(isJudged).find(({ job }) => hasReturned(evidence, job.id));
  if (attempt === undefined) return null;
  return makeContradiction(
    `job ${attempt.job.id} has AGENT_LOST in its history, and its agent finished it later with exit status ${attempt.job.exitStatus ?? 'none'}`,
    [attempt.seen.seq],
    [
      'lost-and-returned: Buildkite gave the agent up and it came back; its heartbeats were missing for minutes',
    ],
  );
};

/** The read that shows the job in flight may be stale, unless the job's end lies after the stop by more than the clocks' measured error. */
const findOldRead: Contradiction = (about) => {
  const { evidence, attempts } = about;
  const stopped = attempts.find(({ role }) => role === 'target');
  if (stopped === undefined || inFlight.judge(about).proof !== 'read') return null;
  const read = findInFlightRead(evidence, stopped);
  const end = findFinishTime(stopped.job);
  const from = findSignalledLook(evidence);
  if (read === null || end === null || from === null) return null;
  // Only the time of the signal counts: any later read that still shows the job running would do.
  if (clocksOf(evidence).orderAsMeasured(from.stamp, end) === 'before') return null;
  return makeContradiction(
    `the job's end (${formatClockTime(end.at)}) lies so close to the stop (${formatClockTime(from.at)}) that the read which shows it in flight may have been stale`,
    [read.seq, stopped.seen.seq],
  );
};

const CONTRADICTIONS: readonly Contradiction[] = [
  findEarlyContainerEnd,
  findEarlyDeparture,
  judgeWrongContainer,
  findReturnedJob,
  findOldRead,
  findKeptSignal,
];

/** Whether a judged attempt was lost or stopped: a failure needs no contradiction. */
function isHurt({ loss, job }: Attempt): boolean {
  return loss !== null || job.signalReason === 'agent_stop';
}

/** Verdict rule 14: a contradiction in the evidence rules out a pass. */
export const consistent: Check = {
  name: 'consistent',
  asks: 'Is the evidence free of contradictions?',
  needed: true,
  judge(about) {
    const { evidence, attempts } = about;
    const stop = stopOf(evidence);
    if (evidence.injection === null || stop === null) return unasked('nothing was injected');
    const found = CONTRADICTIONS.map((contradiction) => contradiction(about, stop)).find(
      (one) => one !== null,
    );
    if (found !== undefined && (found.raises === 'unsound-baseline' || !attempts.some(isHurt))) return found;
    return yes('no time and no fact contradicts another', [evidence.injection.sentSeq]);
  },
};
