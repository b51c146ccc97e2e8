import type { Case } from '../checks/check.ts';
import {
  agentContainer,
  atTimeout,
  commandLine,
  shellForm,
  type AgentContainer,
} from '../checks/container.ts';
import { stoppedAfter } from '../checks/sidecars.ts';
import { seconds } from '../checks/times.ts';
import type { Evidence } from '../journal/evidence.ts';
import type { Reason } from './reasons.ts';

const UNKNOWN = "cause unknown; look at the agent's log and the container's exit code in the evidence below";

function ofKill(agent: AgentContainer): string {
  const limit = seconds(agent.stopTimeout);
  const shell = shellForm(agent.definition);
  if (shell !== null)
    return `SIGTERM was eaten: the container starts \`${shell} ...\`, so the shell is PID 1 and did not pass the signal on; SIGKILL came at stopTimeout (${limit}). Start the agent itself: ["buildkite-agent","start"], or put exec before it.`;
  return `the step needed longer than stopTimeout (${limit}): the agent drained until SIGKILL came. Raise stopTimeout (Fargate: at most 120 s) or shorten the step.`;
}

function ofContainer(agent: AgentContainer | null): string | null {
  const code = agent?.container?.exitCode ?? null;
  if (agent === null || code === null) return null;
  if (code === 137 && atTimeout(agent)) return ofKill(agent);
  if (code === 137)
    return 'the container was killed (137) before its stopTimeout: something else than ECS sent SIGKILL, or memory ran out.';
  if (code === 143) {
    const words = agent.definition === null ? 'a wrapper' : `\`${commandLine(agent.definition).join(' ')}\``;
    return `the wrapper died first: ${words} ended 143 of SIGTERM and took the agent along without a drain. Let the agent be PID 1 or put exec before it.`;
  }
  return null;
}

/** Which watched container was cut, and whether anything orders its stop. */
function ofSidecar(evidence: Evidence, agent: AgentContainer | null): string {
  const { plan } = evidence;
  const definition = agent?.task.value.definition ?? '';
  const definitions = evidence.last('task-definition', definition)?.value.containers ?? [];
  const name = agent?.definition?.name ?? 'the agent';
  const after = stoppedAfter(name, definitions);
  const watched = Object.entries(plan.scenario.expect.containers);
  const loose = watched.filter(([one, { outlives }]) => outlives === 'agent' && !after.includes(one));
  if (loose.length > 0)
    return `nothing orders the stop: ${loose.map(([one]) => one).join(', ')} heard SIGTERM at the same moment as ${name}, whose job may still have needed it. Let ${name} depend on it (dependsOn, condition START), and ECS stops it after ${name}.`;
  return 'the watched container did not end as expected by itself: see how it handles SIGTERM, and whether its stopTimeout leaves it time to finish what is in flight.';
}

/** Why a drill failed, in plain words, from the container's way of ending and how it is started; or what to look at. */
export function causeOf(about: Case, reason: Reason): string {
  const agent = agentContainer(about.evidence);
  switch (reason) {
    case 'lost':
    case 'masked-loss':
    case 'broken-by-stop':
      return ofContainer(agent) ?? UNKNOWN;
    case 'not-drained':
      return (
        ofContainer(agent) ?? 'the agent never heard the stop, or took work after it; see the finding above'
      );
    case 'canceled-by-agent':
      return 'the agent was told to stop twice (a second SIGTERM, SIGQUIT, or its own timer), and canceled its job. Look for a wrapper or an init that repeats signals, and for STOPSIGNAL SIGQUIT.';
    case 'sidecar-cut':
      return ofSidecar(about.evidence, agent);
    case 'build-failed':
      return 'cause undecided: the job ended by itself, not by the stop. Run the scenario with `fault: none` to see whether it fails alone.';
    case 'drain-too-slow':
      return 'the step that was running took longer than expect.drain.within allows.';
    default:
      return UNKNOWN;
  }
}
