import { type AgentContainer } from '../../evidence/agent-container.ts';
import { platformOf } from '../../worker/stop-window.ts';
import { seconds } from '../../checks/times.ts';
import { FARGATE_CEILING } from '../../preflight/window.ts';
import { IDLE_STRIKE, type Cause, type Said } from './cause.ts';
import { startedAt } from '../../evidence/job-times.ts';
import { fromTo } from './clocks.ts';
import { exitCode, foreseenBy, lostAlive, type Grounds } from './grounds.ts';
import { heardStop } from './heard.ts';
import { neededBy, type Needed } from './needed.ts';
import { between } from './start.ts';

/** What a stopTimeout should leave beyond the step itself, seconds: the agent uploads its log and says goodbye. */
const SPARE = 5;

/** Told twice it cancels its job, and is killed before it can say so: only its log, or a shorter grace, tells the two apart. */
const SHORTER_GRACE =
  'run it again with a --cancel-grace-period well below stopTimeout: an agent that is told twice then reports signal reason agent_stop. Its log names a second signal too';

/** The agent heard the stop and finishes its job, and the job takes longer than ECS waits. */
export const stepOverWindow: Cause = {
  name: 'step-over-window',
  means: 'The agent drained, and the step needed longer than stopTimeout.',
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
    const weight = weightOf(grounds, heard.heard === 'yes', needed);
    const isToldTwiceAlike = foreseenBy(grounds, 'cancel-grace-over-stop') !== null;
    return {
      weight,
      said: `${weight === 'possible' ? 'the step may have needed' : 'the step needed'} longer than stopTimeout (${seconds(agent.stopTimeout)}): the agent drained until SIGKILL came, exit code 137; ${howMuch(grounds, agent, needed)}${isToldTwiceAlike ? '. An agent that is told twice would look the same: its --cancel-grace-period outlasts stopTimeout' : ''}`,
      events: [agent.task.seq, hurt.seen.seq, needed?.event ?? null, ...heard.events],
      saves: savesOf(grounds, agent, needed),
      experiment: weight === 'proven' ? null : isToldTwiceAlike ? SHORTER_GRACE : IDLE_STRIKE,
    };
  },
};

function weightOf(grounds: Grounds, isHeard: boolean, needed: Needed | null): Said['weight'] {
  const window = grounds.agent?.stopTimeout ?? 0;
  // By what is known of the step it would have fitted: then it ran slower here, or hung.
  const fits = needed !== null && needed.after <= window;
  const isSure = !fits && foreseenBy(grounds, 'cancel-grace-over-stop') === null;
  const way = between(grounds);
  if (isHeard || (way.by === 'nothing' && way.sure)) return isSure ? 'proven' : 'likely';
  if (way.by === 'nothing') return 'likely';
  return 'possible';
}

function howMuch(
  { hurt, stop, end, evidence }: Grounds,
  agent: AgentContainer,
  needed: Needed | null,
): string {
  if (needed !== null) {
    const over = needed.after - agent.stopTimeout;
    if (over > 0) return `it lacked about ${seconds(over)} (${needed.by})`;
    return `by what is known of it, it would have fitted (${needed.by}): it ran slower this time, or hung`;
  }
  const started = hurt === null ? null : startedAt(hurt.job);
  if (started === null || end === null || stop === null) return 'by how much is not known';
  return `it had run ${seconds(fromTo(evidence, started, end))}, ${seconds(fromTo(evidence, stop, end))} of them after the stop, and how much longer it needed is not known`;
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
