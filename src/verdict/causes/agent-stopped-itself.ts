import { findEndTime } from '../../evidence/job-times.ts';
import { findCanceledByAgent, refusalOf, findTelling } from './agent-stop.ts';
import { AGENT_LOG, type Cause } from './cause.ts';
import { readAgentExitCode, saySinceStop } from './grounds.ts';

/** A heartbeat that is refused for good (401, 404) makes the agent cancel its job without a signal (agent_worker_heartbeat.go). */
export const agentStoppedItself: Cause = {
  name: 'agent-stopped-itself',
  means: 'The agent canceled its job by itself, as an agent does when Buildkite refuses its heartbeats.',
  explains: 'how the job ended',
  judge(grounds) {
    const { worker } = grounds;
    const hurt = findCanceledByAgent(grounds);
    const refusal = refusalOf(grounds);
    if (hurt === null || refusal === 'excluded') return null;
    const isShown = refusal === 'shown';
    // A cause that is known to suffice needs no second explanation, unless the evidence shows one.
    if (!isShown && findTelling(grounds)?.sure === true) return null;
    const why = !isShown
      ? 'and nothing that was seen excludes it'
      : worker?.value.lostAt != null || worker?.value.connection === 'lost'
        ? 'and Buildkite marked the agent lost instead of getting its disconnect'
        : readAgentExitCode(grounds) === 1
          ? 'and the agent exited 1, as it does then and not after a second signal that its job heeds'
          : 'and the history of the job shows that the agent was given up';
    return {
      weight: isShown || findTelling(grounds) === null ? 'likely' : 'possible',
      said: `the agent canceled its job${saySinceStop(grounds, findEndTime(hurt.job))} (signal reason agent_stop): an agent whose heartbeats Buildkite refuses (401, 404) does so without a signal, ${why}`,
      events: [hurt.seen.seq, worker?.seq ?? null],
      saves:
        'an agent that Buildkite still knows: a token that is not revoked, an agent that nobody deletes, a network in which its heartbeats arrive',
      experiment: AGENT_LOG,
    };
  },
};
