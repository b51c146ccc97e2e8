import { describe, expect, test } from 'vitest';
import { json, startServer } from '../support/http-server.ts';
import { meets, play } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { EXEC, taskDefinition } from './support/files.ts';
import { ENDLESS, held, provenInFlight, whenProven } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { standing } from './support/standing.ts';

const steps = [{ key: 'integration', command: held() }];
const agents = { name: 'build-agents', taskDefinition: 'agent.json', launchType: 'FARGATE', desiredCount: 2 };

/** Nothing is stopped: the job may end when the watch has begun. */
const watched: Opens = (events) => (events.some(({ code }) => code === 'GD_WATCH_BEGUN') ? ['struck'] : []);

function refused(reason: string, says: RegExp): Expected {
  return { exit: 3, outcome: 'refused', reason, says: [says], sent: 0 };
}

describe.concurrent('a guard refuses', () => {
  test('the last worker of a service', async () => {
    await play({
      workers: 1,
      steps,
      scenario: { when: { startWithin: '15s' } },
      expected: refused('blast-radius', /last worker of service build-agents .*waited for in vain/),
    });
  });

  // Neither more nor fewer workers than wanted: the deployment can never go on.
  test('a deployment is running for as long as the step', async () => {
    const deploymentConfiguration = { minimumHealthyPercent: 100, maximumPercent: 100 };
    await play({
      steps: [{ key: 'integration', command: 'sleep 8' }],
      files: { 'service.json': { deploymentConfiguration } },
      scenario: { when: { inFlightFor: '2s' } },
      rig: {
        services: [{ ...agents, service: 'service.json' }],
        script: [{ on: 'job-started', do: 'start-deployment', service: 'build-agents' }],
      },
      expected: refused('not-settled', /2 deployments: .*; the step ended meanwhile/),
    });
  });

  test('two agents live on the task', async () => {
    await play({
      standalone: 1,
      container: { argv: [...EXEC, '--spawn', '2'] },
      steps,
      expected: refused('shared-task', /2 agents run on the task; limit 1/),
    });
  });

  test("two agents live on the task, and Buildkite's filter finds neither", async () => {
    await play({
      standalone: 1,
      container: { argv: [...EXEC, '--spawn', '2'] },
      steps,
      rig: { knobs: { agentFilter: 'nothing' } },
      expected: refused('shared-task', /2 agents run on the task; limit 1/),
    });
  });

  test('the step runs on a task that the scenario does not name', async () => {
    const other = taskDefinition({ environment: { BUILDKITE_AGENT_TAGS: 'queue=deploy' } }, 'deployer');
    await play({
      steps: [{ key: 'integration', command: ENDLESS, agents: { queue: 'deploy' } }],
      files: { 'deployer.json': other },
      rig: { services: [agents, { ...agents, name: 'deployers', taskDefinition: 'deployer.json' }] },
      expected: refused('not-allowed', /service:deployers.* does not match what the scenario names/),
    });
  });

  test("our build would cancel somebody's build", async () => {
    await play({
      steps,
      rig: {
        pipelines: [{ slug: 'canary', steps: 'canary.yaml', cancelIntermediateBuilds: true }],
        builds: [{ pipeline: 'canary' }],
      },
      expected: refused('not-allowed', /would cancel build 1/),
    });
  });

  test('the kill switch is on', async () => {
    await play({
      steps,
      rig: { clusterTags: { gameday: 'off' } },
      expected: refused('kill-switch', /gameday=off/),
    });
  });

  test('a blackout date', async () => {
    const days = [-1, 0, 1].map((shift) =>
      new Date(Date.now() + shift * 86_400_000).toISOString().slice(0, 10),
    );
    await play({
      steps,
      scenario: { safety: { window: { timeZone: 'UTC', hours: '00:00-23:59', blackout: days } } },
      expected: refused('outside-window', /blackout/),
    });
  });

  test('a halt condition holds', async () => {
    await play({
      steps,
      files: { incident: 'open' },
      scenario: { safety: { haltWhen: [{ name: 'an incident', file: 'incident' }] } },
      expected: refused('halted', /an incident/),
    });
  });

  test('what gameday itself runs on: its task, its agent, its build', async () => {
    await standing({ standalone: 2, steps, rig: { builds: [{ pipeline: 'canary' }] } }, async (stage) => {
      const { builds, jobs, agents: there } = await stage.state();
      const host = there.find(({ agentId }) => agentId === jobs[0]?.agentId);
      const other = there.find(({ agentId }) => agentId !== jobs[0]?.agentId);
      const TaskARN = host?.tags
        .find((tag) => tag.startsWith('ecs:task-arn='))
        ?.slice('ecs:task-arn='.length);
      const metadata = await startServer((_seen, response) => json(response, 200, { TaskARN }));
      const scenario = { build: { number: 1 } };
      const own = { BUILDKITE: 'true', BUILDKITE_JOB_ID: '01900000-0000-4000-8000-000000000000' };
      const onHost = { ...own, BUILDKITE_AGENT_ID: host?.agentId ?? '' };
      const onOther = { ...own, BUILDKITE_AGENT_ID: other?.agentId ?? '' };
      const cases = [
        [{ ECS_CONTAINER_METADATA_URI_V4: metadata.url }, /which gameday runs on|the task is the one/],
        [onHost, /which gameday runs on|the (task|agent) is the one/],
        [
          { ...onOther, BUILDKITE_BUILD_ID: builds[0]?.buildId ?? '' },
          /the build is the one that gameday runs in/,
        ],
      ] as const;
      try {
        for (const [env, says] of cases)
          meets(await stage.run({ scenario, env }), refused('self-target', says));
      } finally {
        await metadata.close();
      }
      expect((await stage.counts()).stopTaskLanded).toEqual({});
    });
  });

  test('nobody can be asked; another drill is at it; the last one was too short a time ago', async () => {
    await standing({ workers: 3, steps }, async (stage) => {
      meets(await stage.run({ args: [] }), refused('confirm-needed', /no terminal|--yes/));
      const rivals: Played[] = [];
      let began = false;
      const rival = async (): Promise<void> => {
        began = true;
        rivals.push(await stage.run({ scenario: { build: { branch: 'other' } } }));
        rivals.push(await stage.run());
      };
      const first = await stage.run({
        opens: (events) => {
          if (provenInFlight(events) && !began) void rival();
          return rivals.length === 2 ? ['struck'] : [];
        },
      });
      meets(first, { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 });
      const [onOtherBranch, onSameBranch] = rivals;
      if (onOtherBranch === undefined || onSameBranch === undefined) throw new Error('no rival ran');
      meets(onOtherBranch, refused('lock-held', new RegExp(`held by drill ${first.drill.drill}`)));
      meets(onSameBranch, refused('not-allowed', /runs on the same pipeline and branch/));
      const safety = { minimumInterval: '1h' };
      meets(await stage.run({ scenario: { safety } }), refused('too-soon', /ago; limit 1 h 0 min/));
      expect(Object.values((await stage.counts()).stopTaskLanded)).toEqual([1]);
    });
  });
});

describe.concurrent('nothing is to be injected', () => {
  test('a dry run', async () => {
    await play({
      steps,
      args: ['--dry-run'],
      expected: { exit: 0, outcome: 'planned', reason: 'planned', sent: 0 },
    });
  });

  test('fault none, and the build passes', async () => {
    await play({
      steps,
      scenario: { inject: { fault: 'none' } },
      opens: watched,
      expected: { exit: 0, outcome: 'baseline', reason: 'baseline', sent: 0, says: [/nothing was injected/] },
    });
  });

  test('fault none, and the build fails', async () => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'exit 1') }],
      scenario: { inject: { fault: 'none' } },
      opens: watched,
      expected: { exit: 11, outcome: 'inconclusive', reason: 'unsound-baseline', sent: 0 },
    });
  });
});

describe.concurrent('at most one stop lands', () => {
  test('StopTask acts and its answer is lost', async () => {
    const faulty = { ecs: [{ operation: 'StopTask', count: 'forever', do: { drop: 'after' } }] };
    await standing({ steps, rig: { faulty } }, async (stage) => {
      meets(await stage.run(), { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 });
      expect(Object.values((await stage.counts()).stopTaskLanded)).toEqual([1]);
    });
  });

  test("somebody's StopTask lands between our last look and our own", async () => {
    const faulty = { ecs: [{ operation: 'StopTask', do: { delay: '4s' } }] };
    await standing({ steps, rig: { faulty } }, async (stage) => {
      let theirs: Promise<unknown> | undefined;
      const played = await stage.run({
        opens: (events) => {
          if (events.some(({ code }) => code === 'GD_FAULT_INTENDED'))
            theirs ??= stage.act({ do: 'stop-task', task: 'host', step: 'integration', reason: 'a deploy' });
          return whenProven(events);
        },
      });
      await theirs;
      meets(played, {
        ...{ exit: 11, outcome: 'inconclusive', reason: 'stopped-by-other' },
        says: [/for another reason: UserInitiated, "a deploy"/],
      });
    });
  });
});
