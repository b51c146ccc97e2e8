import { workerOf, type AgentContainer } from '../../evidence/agent-container.ts';
import { seconds } from '../../checks/times.ts';
import { readCancelGrace } from './agent-stop.ts';
import { IDLE_STRIKE, type Cause, type Said } from './cause.ts';
import { inSeconds } from '../../preflight/edits.ts';
import { findStartTime } from '../../evidence/job-times.ts';
import {
  findWayToAgent,
  measureElapsed,
  readAgentExitCode,
  findForeseen,
  isLostAlive,
  type Grounds,
} from './grounds.ts';
import { judgeHeard } from './heard.ts';
import { estimateNeeded, type Needed } from './needed.ts';
import { listStoppedWithAgent } from './sidecars.ts';

/** What a stopTimeout should leave beyond the step, milliseconds: the agent uploads its log and disconnects. */
const SPARE = 5_000;
/** After a second signal the agent cancels its job, and may be killed before it reports that: its log, or a shorter grace, shows which it was. */
const SHORTER_GRACE =
  'run the drill again with a --cancel-grace-period well below stopTimeout: an agent that gets a second signal then reports signal reason agent_stop. Its log names a second signal too';
/** The length of an undisturbed run tells a step that is too long from one that hung. */
const UNDISTURBED =
  'run the same scenario with `inject: { fault: none }`: a job that takes longer than stopTimeout there proves it';

/** The agent heard the stop and finishes its job, and the job takes longer than ECS waits. */
export const stepOverWindow: Cause = {
  name: 'step-over-window',
  means: 'The agent drained, and the step needed longer than stopTimeout.',
  explains: 'how the container ended',
  judge(grounds) {
    const { agent, hurt, stop } = grounds;
    if (agent === null || hurt === null || stop === null) return null;
    if (hurt.loss === null || readAgentExitCode(grounds) !== 137 || !agent.atTimeout || isLostAlive(grounds))
      return null;
    // The job of a second agent in the same container: its restart is the cause.
    if (hurt.role === 'late' && hurt.job.agentId !== grounds.worker?.value.id) return null;
    const heard = judgeHeard(grounds);
    if (heard.heard === 'no') return null;
    const needed = estimateNeeded(grounds);
    const doubts = doubtsOf(grounds, agent, needed);
    const weight = weightOf(grounds, heard.heard === 'yes', doubts.length > 0);
    return {
      weight,
      said: [
        `${weight === 'possible' ? 'the step may have needed' : 'the step needed'} longer than stopTimeout (${seconds(agent.stopTimeout)}): the agent drained until SIGKILL came, exit code 137; ${sayHowMuch(grounds, agent, needed)}`,
        ...doubts,
      ].join('. '),
      events: [agent.task.seq, hurt.seen.seq, needed?.event ?? null, ...heard.events],
      saves: savesOf(grounds, agent, needed),
      experiment: experimentOf(grounds, agent, weight),
    };
  },
};

/** Known to have heard: by its report, or because nothing stands between ECS and the agent (`signal-eaten` is named beside it where one that reports reported nothing). */
function weightOf(grounds: Grounds, hasReported: boolean, isDoubtful: boolean): Said['weight'] {
  const way = findWayToAgent(grounds);
  if (!hasReported && way.by !== 'nothing') return 'possible';
  const isHeard = hasReported || (way.by === 'nothing' && way.sure && !way.shell);
  return isHeard && !isDoubtful ? 'proven' : 'likely';
}

function experimentOf(grounds: Grounds, agent: AgentContainer, weight: Said['weight']): string {
  if (mayBeToldTwice(grounds, agent)) return SHORTER_GRACE;
  return weight === 'possible' ? IDLE_STRIKE : UNDISTURBED;
}

/** A canceled job that outlives the container is lost, just like a job that was not canceled. */
function mayBeToldTwice(grounds: Grounds, { stopTimeout }: AgentContainer): boolean {
  return readCancelGrace(grounds) >= stopTimeout;
}

/** Other explanations that would look the same, each a sentence. */
function doubtsOf(grounds: Grounds, agent: AgentContainer, needed: Needed | null): readonly string[] {
  const beside = listStoppedWithAgent(grounds);
  return [
    mayBeToldTwice(grounds, agent)
      ? `An agent that got a second signal would look the same: its --cancel-grace-period (${seconds(readCancelGrace(grounds))}) outlasts stopTimeout`
      : null,
    needed === null || needed.after <= agent.stopTimeout
      ? 'A job whose command or hook hung, or that a lost network held up, would look the same'
      : null,
    beside.length > 0
      ? `A job that waits for ${beside.join(', ')} would look the same: nothing keeps that running until the agent has exited`
      : null,
    agent.end === null ? 'Only the latest possible time of the kill is known' : null,
  ].filter((doubt) => doubt !== null);
}

function sayHowMuch(grounds: Grounds, agent: AgentContainer, needed: Needed | null): string {
  const { hurt, stop, end } = grounds;
  if (needed !== null) {
    const over = needed.after - agent.stopTimeout;
    if (over > 0) return `it needed about ${seconds(over)} more (${needed.by})`;
    return `from what is known, it would have fitted (${needed.by}): it ran slower this time, or hung`;
  }
  const started = hurt === null ? null : findStartTime(hurt.job);
  if (started === null || end === null || stop === null) return 'by how much is not known';
  return `it had run ${seconds(measureElapsed(grounds, started, end))}, ${seconds(measureElapsed(grounds, stop, end))} of them after the stop, and how much longer it needed is not known`;
}

function savesOf(grounds: Grounds, agent: AgentContainer, needed: Needed | null): string {
  const stop = workerOf(grounds.evidence)?.stop;
  const ceiling = stop?.agent.ceiling ?? null;
  const after = needed?.after ?? 0;
  const isReclaim = stop?.limit != null;
  const all = isReclaim ? "all that spot's two minutes leave" : 'the most that Fargate allows';
  const elsewhere = `shorten the step or let it go on from a checkpoint, run it on ${isReclaim ? 'capacity that is not reclaimed' : 'EC2'}, or retry lost agents as a backstop`;
  if (ceiling !== null && after > ceiling)
    return `no stopTimeout on ${isReclaim ? 'spot capacity' : 'Fargate'} saves this step: it needs about ${seconds(after)} after the stop, and the ceiling is ${inSeconds(ceiling)} s; ${elsewhere}`;
  const fitting = needed === null ? 0 : Math.min(ceiling ?? Infinity, Math.ceil(after / 1000) * 1000 + SPARE);
  if (fitting > agent.stopTimeout)
    return `\`"stopTimeout": ${inSeconds(fitting)}\` at least${ceiling === null ? '' : `; \`"stopTimeout": ${inSeconds(ceiling)}\` is ${all}`}`;
  if (ceiling === null) return 'a `stopTimeout` as long as the step takes: on EC2 nothing limits it';
  if (agent.stopTimeout >= ceiling)
    return `no longer stopTimeout: ${inSeconds(ceiling)} s is ${all}, and the step had that; ${elsewhere}`;
  const rule = findForeseen(grounds, 'stop-timeout-missing', 'stop-timeout-short');
  return `${rule?.change ?? `\`"stopTimeout": ${inSeconds(ceiling)}\``}, if the step ends by then: how long it needs is not known`;
}
