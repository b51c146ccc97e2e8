import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { Played } from './support/case.ts';
import { meets, play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { ENDLESS, held } from './support/gates.ts';
import { hostedDefinition, hostedService, onHosts } from './support/hosts.ts';
import { placesIn } from './support/places.ts';
import { standing } from './support/standing.ts';

const steps = [{ key: 'integration', command: held() }];
const endless = [{ key: 'integration', command: ENDLESS }];
const fargate = { taskDefinition: 'agent.json', service: 'service.json' };

function refused(reason: string, says: RegExp): Expected {
  return { exit: 3, outcome: 'refused', reason, says: [says], sent: 0 };
}

function scenarioOf(
  fault: string,
  tasks = 1,
  settled = 'wait',
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return { inject: { fault }, safety: { tasks, settled } };
}

/** Nothing was changed, and the journal says which guard it was. */
function untouched({ journal }: Played, guard: string): void {
  expect(eventsOf(journal, 'GD_FAULT_INTENDED')).toEqual([]);
  const answers = eventsOf(journal, 'GD_GUARDS_ANSWERED').at(-1)?.payload.answers ?? [];
  expect(answers.filter(({ holds }) => !holds).map(({ guard: name }) => name)).toContain(guard);
}

describe.concurrent('a service', () => {
  test.each([
    ['scale-in', /scale-in from 0 would leave service build-agents without a worker/],
    ['deployment', /last worker of service build-agents \(running 0\)/],
    ['stop-task', /last worker of service build-agents \(running 0\)/],
  ])(
    'without a task is left alone by %s where none is waited for, and no build is made',
    async (fault, says) => {
      const expected = refused('blast-radius', says);
      const scenario = scenarioOf(fault, 1, 'require');
      const played = await play({ workers: 0, steps, scenario, expected });
      untouched(played, 'blast-radius');
      expect(eventsOf(played.journal, 'GD_BUILD_INTENDED')).toEqual([]);
    },
  );

  test('of one task is never scaled in, even where its last worker may be taken', async () => {
    const scenario = {
      when: { startWithin: '15s' },
      inject: { fault: 'scale-in' },
      safety: { allowLastWorker: true },
    };
    const expected = refused('blast-radius', /scale-in from 1 would leave service build-agents without/);
    untouched(await play({ workers: 1, steps, scenario, expected }), 'blast-radius');
  });

  test('one of whose tasks is PENDING is not settled', async () => {
    // Both hosts are full: the third task of the service waits for room.
    const capacityProviderStrategy = [{ capacityProvider: 'hosts', weight: 1 }];
    const service = { serviceName: 'build-agents', desiredCount: 2, capacityProviderStrategy };
    const hosts = onHosts(2, {
      services: [{ taskDefinition: 'agent.json', service: 'service.json' }],
      files: { 'service.json': service },
    });
    await standing({ steps, ...hosts }, async (stage) => {
      await stage.act({ do: 'set-desired-count', service: 'build-agents', count: 3 });
      const expected = refused('not-settled', /not settled: desired 3, running 2, pending 1/);
      for (const fault of ['scale-in', 'drain-instance']) {
        const played = await stage.run({ scenario: scenarioOf(fault, 3, 'require') });
        meets(played, expected);
        untouched(played, 'settled');
        expect(eventsOf(played.journal, 'GD_BUILD_INTENDED')).toEqual([]);
      }
      expect(await placesIn(stage.env)).toMatchObject({ desired: [3], shielded: [] });
    });
  });

  test('that somebody is deploying is left alone', async () => {
    // No new task is healthy before the test is over, so the deployment stands where it is.
    await standing({ steps, rig: { knobs: { healthyAfter: '10m' } } }, async (stage) => {
      await stage.act({ do: 'start-deployment', service: 'build-agents' });
      const { desired, deployments } = await placesIn(stage.env);
      for (const fault of ['scale-in', 'deployment']) {
        const scenario = { ...scenarioOf(fault, 9), when: { startWithin: '4s' } };
        const played = await stage.run({ scenario });
        meets(played, refused('not-settled', /2 deployments: a rollout is in progress; waited for in vain/));
        untouched(played, 'settled');
        expect(eventsOf(played.journal, 'GD_BUILD_INTENDED')).toEqual([]);
      }
      expect(await placesIn(stage.env)).toMatchObject({ desired, deployments, shielded: [] });
    });
  });

  test('that CodeDeploy deploys cannot be told to deploy', async () => {
    const service = {
      serviceName: 'build-agents',
      desiredCount: 2,
      launchType: 'FARGATE',
      deploymentController: { type: 'CODE_DEPLOY' },
    };
    const played = await play({
      steps,
      files: { 'service.json': service },
      rig: { services: [fargate] },
      scenario: scenarioOf('deployment', 2),
      expected: refused('inert-fault', /deployed by CODE_DEPLOY: ECS cannot start a new deployment of it/),
    });
    untouched(played, 'inert-fault');
  });

  test('whose percentages let no task go is not drained', async () => {
    const deploymentConfiguration = { minimumHealthyPercent: 100, maximumPercent: 100 };
    const service = { serviceName: 'build-agents', desiredCount: 2, launchType: 'EC2' };
    const played = await play({
      steps: endless,
      ...onHosts(3, {
        services: [{ taskDefinition: 'agent.json', service: 'service.json' }],
        files: { 'service.json': { ...service, deploymentConfiguration } },
      }),
      scenario: scenarioOf('drain-instance'),
      expected: refused('inert-fault', /minimumHealthyPercent 100 and maximumPercent 100 of 2 no task/),
    });
    untouched(played, 'inert-fault');
  });
});

describe.concurrent('a host', () => {
  test('is not there on Fargate', async () => {
    const says = /runs on Fargate: there is no container instance to drain/;
    const expected = refused('inert-fault', says);
    untouched(
      await play({ steps: endless, scenario: scenarioOf('drain-instance'), expected }),
      'inert-fault',
    );
  });

  test.each(['drain-instance', 'spot-reclaim'])(
    'with tasks of others on it is not touched by %s before all of them are granted',
    async (fault) => {
      const other = hostedDefinition({ environment: { BUILDKITE_AGENT_TAGS: 'queue=deploy' } }, 'deployer');
      const deployers = hostedService({
        name: 'deployers',
        taskDefinition: 'deployer.json',
        desiredCount: 1,
      });
      const hosts = onHosts(1, {
        room: 4,
        services: [hostedService(), deployers],
        files: { 'deployer.json': other },
      });
      const says = /reaches 3 tasks, 1 of them of service:deployers; limit 1 \(safety\.tasks\)/;
      const expected = refused('blast-radius', says);
      untouched(
        await play({ steps: endless, ...hosts, scenario: scenarioOf(fault), expected }),
        'blast-radius',
      );
    },
  );
});
