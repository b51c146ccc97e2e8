import { findEndTime } from '../../evidence/job-times.ts';
import { findCanceledByAgent, refusalOf, findTelling, type Refusal } from './agent-stop.ts';
import { AGENT_LOG, type Cause, type Said } from './cause.ts';
import { findWayToAgent, findForeseen, saySinceStop, type Grounds } from './grounds.ts';

/** On a second SIGTERM, or on SIGQUIT, the agent cancels its job: signal reason `agent_stop`. A refused heartbeat looks the same. */
export const toldTwice: Cause = {
  name: 'told-twice',
  means: 'The agent got a second stop signal, or one that cancels at once, and canceled its job.',
  explains: 'how the job ended',
  judge(grounds) {
    const hurt = findCanceledByAgent(grounds);
    if (hurt === null) return null;
    const shown = findTelling(grounds);
    const refusal = refusalOf(grounds);
    const canceled = `canceled its job${saySinceStop(grounds, findEndTime(hurt.job))}: signal reason agent_stop`;
    return {
      weight: weightOf(shown?.sure ?? null, refusal),
      said:
        shown === null
          ? `the agent ${refusal === 'excluded' ? 'got a second stop signal (SIGTERM again, or one SIGQUIT) and ' : ''}${canceled}. ${describeUnshown(grounds, refusal)}`
          : `the agent was forced to stop at once and ${canceled}. ${shown.said}`,
      events: [grounds.evidence.injection?.sentSeq ?? null, hurt.seen.seq, shown?.event ?? null],
      saves: savesOf(grounds, shown?.change ?? null),
      experiment: AGENT_LOG,
    };
  },
};

function weightOf(isSure: boolean | null, refusal: Refusal): Said['weight'] {
  if (isSure === null) return refusal === 'shown' ? 'possible' : 'likely';
  return isSure && refusal !== 'shown' ? 'proven' : 'likely';
}

function describeUnshown(grounds: Grounds, refusal: Refusal): string {
  const way = findWayToAgent(grounds);
  const where =
    way.by === 'nothing' && way.sure
      ? 'the definition starts the agent itself, so look elsewhere: hooks, a script on the host, a STOPSIGNAL of the image'
      : `look first at what stands between ECS and the agent: ${way.by === 'nothing' ? "the image's entry point" : way.name}`;
  return refusal === 'excluded'
    ? `An agent that stops itself exits with an error, and this one exited 0. The journal does not show who sent the signal; ${where}`
    : `A second signal does that (SIGTERM again, or one SIGQUIT), and so does a heartbeat that Buildkite refuses; the journal shows neither. If it was a signal, ${where}`;
}

function savesOf(grounds: Grounds, change: string | null): string {
  const rule = findForeseen(grounds, 'shell-form', 'init-with-shell');
  const one = 'one SIGTERM to the agent and no second signal until stopTimeout';
  const more = change ?? rule?.change ?? rule?.todo ?? null;
  return more === null ? one : `${one}: ${more}`;
}
