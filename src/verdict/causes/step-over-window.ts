import { type AgentContainer } from '../../evidence/agent-container.ts';
import { platformOf } from '../../worker/stop-window.ts';
import { seconds } from '../../checks/times.ts';
import { FARGATE_CEILING } from '../../preflight/window.ts';
import { cancelGrace } from './agent-stop.ts';
import { IDLE_STRIKE, type Cause, type Said } from './cause.ts';
import { startedAt } from '../../evidence/job-times.ts';
import { elapsed, exitCode, foreseenBy, lostAlive, type Grounds } from './grounds.ts';
import { heardStop } from './heard.ts';
import { neededBy, type Needed } from './needed.ts';
import { besideAgent } from './sidecars.ts';
import { between } from './start.ts';

/** What a stopTimeout should leave beyond the step itself, seconds: the agent uploads its log and says goodbye. */
const SPARE = 5;

/** Told twice it cancels its job, and is killed before it can say so: only its log, or a shorter grace, tells the two apart. */
const SHORTER_GRACE =
  'run it again with a --cancel-grace-period well below stopTimeout: an agent that is told twice then reports signal reason agent_stop. Its log names a second signal too';
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
    if (hurt.loss === null || exitCode(grounds) !== 137 || !agent.atTimeout || lostAlive(grounds))
      return null;
    // Another agent's in the same container came after the stop: that it came is the cause.
    if (hurt.role === 'late' && hurt.job.agentId !== grounds.worker?.value.id) return null;
    const heard = heardStop(grounds);
    if (heard.heard === 'no') return null;
    const needed = neededBy(grounds);
    const doubts = doubtsOf(grounds, agent, needed);
    const weight = weightOf(grounds, heard.heard === 'yes', doubts.length > 0);
    return {
      weight,
      said: [
        `${weight === 'possible' ? 'the step may have needed' : 'the step needed'} longer than stopTimeout (${seconds(agent.stopTimeout)}): the agent drained until SIGKILL came, exit code 137; ${howMuch(grounds, agent, needed)}`,
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
  const way = between(grounds);
  if (!hasReported && way.by !== 'nothing') return 'possible';
  const isHeard = hasReported || (way.by === 'nothing' && way.sure && !way.shell);
  return isHeard && !isDoubtful ? 'proven' : 'likely';
}

function experimentOf(grounds: Grounds, agent: AgentContainer, weight: Said['weight']): string {
  if (isToldTwiceAlike(grounds, agent)) return SHORTER_GRACE;
  return weight === 'possible' ? IDLE_STRIKE : UNDISTURBED;
}

/** A canceled job that may outlive the container is lost as one is that was let go on. */
function isToldTwiceAlike(grounds: Grounds, { stopTimeout }: AgentContainer): boolean {
  return cancelGrace(grounds) >= stopTimeout;
}

/** What else would look the same, each as a sentence of its own. */
function doubtsOf(grounds: Grounds, agent: AgentContainer, needed: Needed | null): readonly string[] {
  const beside = besideAgent(grounds);
  return [
    isToldTwiceAlike(grounds, agent)
      ? `An agent that is told twice would look the same: its --cancel-grace-period (${seconds(cancelGrace(grounds))}) outlasts stopTimeout`
      : null,
    needed === null || needed.after <= agent.stopTimeout
      ? 'A job whose command or hook hung, or that a lost network held up, would look the same'
      : null,
    beside.length > 0
      ? `A job that waits for ${beside.join(', ')} would look the same: nothing keeps that until the agent has ended`
      : null,
    agent.end === null ? 'When the container was killed is known at most' : null,
  ].filter((doubt) => doubt !== null);
}

function howMuch(grounds: Grounds, agent: AgentContainer, needed: Needed | null): string {
  const { hurt, stop, end } = grounds;
  if (needed !== null) {
    const over = needed.after - agent.stopTimeout;
    if (over > 0) return `it lacked about ${seconds(over)} (${needed.by})`;
    return `by what is known of it, it would have fitted (${needed.by}): it ran slower this time, or hung`;
  }
  const started = hurt === null ? null : startedAt(hurt.job);
  if (started === null || end === null || stop === null) return 'by how much is not known';
  return `it had run ${seconds(elapsed(grounds, started, end))}, ${seconds(elapsed(grounds, stop, end))} of them after the stop, and how much longer it needed is not known`;
}

function savesOf(grounds: Grounds, agent: AgentContainer, needed: Needed | null): string {
  const { fargate } = platformOf(agent.task.value, false);
  const most = fargate ? FARGATE_CEILING : Infinity;
  if (needed !== null && needed.after > most * 1000)
    return `no stopTimeout on Fargate saves this step: it needs about ${seconds(needed.after)} after the stop, and the ceiling is ${String(most)} s; shorten it or let it go on from a checkpoint, run it on EC2, or retry lost agents as a backstop`;
  const wanted = needed === null ? 0 : Math.min(most, Math.ceil(needed.after / 1000) + SPARE);
  if (wanted * 1000 > agent.stopTimeout)
    return `\`"stopTimeout": ${String(wanted)}\` at least${fargate ? `; \`"stopTimeout": ${String(most)}\` is all that Fargate gives` : ''}`;
  const atCeiling = fargate && agent.stopTimeout >= FARGATE_CEILING * 1000;
  if (atCeiling)
    return `no stopTimeout: ${String(FARGATE_CEILING)} s is all that Fargate gives, and it had them; shorten the step or let it go on from a checkpoint, run it on EC2, or retry lost agents as a backstop`;
  const rule = foreseenBy(grounds, 'stop-timeout-missing', 'stop-timeout-short');
  if (fargate)
    return `${rule?.change ?? `\`"stopTimeout": ${String(FARGATE_CEILING)}\``}, if the step is over by then: how long it needs is not known`;
  return 'a `stopTimeout` as long as the step takes: on EC2 nothing limits it';
}
