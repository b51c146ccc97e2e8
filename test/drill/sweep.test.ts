import { describe, expect, it } from 'vitest';
import { anAgent, AGENT_ID, JOB_ID, TASK_ARN } from '../support/builders.ts';
import type { FakeBuildkite } from '../support/fake-buildkite.ts';
import { jobEvent } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OTHER_AGENT, theatre, type Staged } from '../support/theatre.ts';
import { eventsOf } from '../../src/journal/events.ts';
import type { Agent } from '../../src/model/entities/agent.ts';

const SECOND = AGENT_ID.replace(/1$/, '9');

const [HIDDEN, RETRY] = [JOB_ID.replace(/1$/, '8'), JOB_ID.replace(/1$/, '7')];

/** Lists of a build leave the job out, as those of superseded attempts may. */
function hide(buildkite: FakeBuildkite, id: string): void {
  const { build } = buildkite;
  Object.assign(buildkite, {
    build: async (...asked: Parameters<typeof build>) => {
      const answer = await build(...asked);
      if (!answer.ok) return answer;
      const jobs = answer.value.jobs.filter((job) => job.id !== id);
      return { ok: true, value: { build: { ...answer.value.build, jobs: jobs.map((job) => job.id) }, jobs } };
    },
  });
}

/** Beside the agent that drains an idle one lives in the container; lists show connected agents alone. */
function withSecond(end: Partial<Agent>): Staged {
  return {
    plan: planOf({ cluster: { sharedTask: 'allowed' } }),
    set: ({ buildkite }) => {
      const tags = { 'ecs:task-arn': TASK_ARN, 'ecs:container-name': 'ecs-build-agent-1-agent-a1b2' };
      buildkite.world.agents.set(
        SECOND,
        anAgent({ id: SECOND, name: 'worker-1-2', isRunningJob: false, tags }),
      );
    },
    onStop: (stage) => {
      const told = stage.clock.now();
      stage.drain(10_000);
      stage.clock.at(told + 11_600, () => {
        const at = stage.clock.now();
        if (end.connection === 'lost') stage.buildkite.setAgent(SECOND, { ...end, lostAt: at });
        else stage.buildkite.setAgent(SECOND, { ...end, disconnectedAt: at });
      });
    },
  };
}

describe('the last sweep, before any pass', () => {
  it('reads the task, its agents and its list of agents once more when the task has STOPPED', async () => {
    const stage = theatre({ onStop: (told) => told.drain(10_000) });
    expect(ending(await stage.run())).toBe('passed drained');
    const observed = eventsOf(stage.journal.events, 'GD_OBSERVED').map(({ payload }) => payload);
    const stopped = observed.find(({ facts }) =>
      facts.some((one) => one.kind === 'task' && one.id === TASK_ARN && one.value.status === 'STOPPED'),
    );
    const since = stopped?.reads.find(({ subject }) => subject.id === TASK_ARN)?.answeredAt ?? Infinity;
    const again = observed
      .flatMap(({ reads }) => reads)
      .filter(({ ok, sentAt }) => ok && sentAt >= since)
      .map(({ subject }) => `${subject.kind} ${subject.id}`);
    expect(again).toEqual(
      expect.arrayContaining([`task ${TASK_ARN}`, `agent ${AGENT_ID}`, `agents-of-task ${TASK_ARN}`]),
    );
  });

  it('finds that a second agent of the task was marked lost after the task had STOPPED', async () => {
    const stage = theatre(withSecond({ connection: 'lost', rawConnection: 'lost' }));
    expect(ending(await stage.run())).toBe('inconclusive disconnect-not-received');
  });

  it('follows a retry to the attempt that no list of the build shows', async () => {
    const stage = theatre({
      onStop: (told) => {
        told.drain(10_000);
        const { jobs } = told.buildkite.world;
        const own = [...jobs.values()].find(({ id }) => id === JOB_ID);
        if (own === undefined) throw new Error('the build has no job');
        const other = { ...own, stepKey: 'other', state: 'finished', rawState: 'FINISHED' } as const;
        const lost = jobEvent('AGENT_LOST', told.clock.now() + 1, { actor: 'system' });
        jobs.set(HIDDEN, {
          ...other,
          ...{
            id: HIDDEN,
            agentId: OTHER_AGENT,
            retried: true,
            exitStatus: '-1',
            events: [...(own.events ?? []), lost],
          },
        });
        jobs.set(RETRY, {
          ...other,
          ...{ id: RETRY, passed: true, exitStatus: '0', retryOf: HIDDEN, retryType: 'automatic' },
          ...{ agentId: OTHER_AGENT, finishedAt: told.clock.now() },
        });
      },
      set: ({ buildkite }) => hide(buildkite, HIDDEN),
    });
    await stage.run();
    const findings = eventsOf(stage.journal.events, 'GD_JUDGED').at(-1)?.payload.verdict.findings;
    const elsewhere = findings?.find(({ check }) => check === 'loss-elsewhere');
    expect(elsewhere?.said).toBe('a job was lost elsewhere, which does not decide the verdict');
  });

  it('lets a drain pass whose second agent has left', async () => {
    const stage = theatre(withSecond({ connection: 'disconnected', rawConnection: 'disconnected' }));
    expect(ending(await stage.run())).toBe('passed drained');
  });
});
