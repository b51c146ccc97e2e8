import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { meets, play } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import type { CaseFiles, Entries } from './support/files.ts';
import { held, whenProven, whenTold } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { hostedDefinition } from './support/hosts.ts';
import { standing } from './support/standing.ts';

const steps = [{ key: 'integration', command: held() }];
const drained = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 } as const;
const deployment = { inject: { fault: 'deployment' }, safety: { tasks: 2 } };

function refused(reason: string, says: RegExp): Expected {
  return { exit: 3, outcome: 'refused', reason, says: [says], sent: 0 };
}

/** A case whose service is as `service` says. */
function fleet(service: Entries, rig: Entries = {}, definition?: Entries): CaseFiles {
  return {
    steps,
    files: {
      'service.json': { serviceName: 'build-agents', ...service },
      ...(definition === undefined ? {} : { 'agent.json': definition }),
    },
    rig: { services: [{ taskDefinition: 'agent.json', service: 'service.json' }], ...rig },
  };
}

const fargate = { desiredCount: 2, launchType: 'FARGATE' };
const pause = { targetType: 'PAUSE', lifecycleStages: ['POST_PRODUCTION_TRAFFIC_SHIFT'] };

/** What the guard `settled` said at the gate. */
function settledOf({ journal }: Played): string {
  const answers = eventsOf(journal, 'GD_GUARDS_ANSWERED')[0]?.payload.answers ?? [];
  return answers.find(({ guard }) => guard === 'settled')?.said ?? '';
}

function waitedFor({ journal }: Played): readonly string[] {
  return eventsOf(journal, 'GD_INJECTION_HELD').map(({ payload }) => payload.said);
}

/** Does `act` once, when the drill is seen to wait, and opens the gates as usual. */
function whenHeld(act: () => Promise<unknown>): { readonly opens: Opens; done(): Promise<unknown> } {
  let acted: Promise<unknown> | null = null;
  return {
    opens: (events) => {
      if (acted === null && eventsOf(events, 'GD_INJECTION_HELD').length > 0) acted = act();
      return whenProven(events);
    },
    done: () => acted ?? Promise.reject(new Error('the drill did not wait')),
  };
}

describe.concurrent('a deployment that keeps the old tasks for a while', () => {
  test.each([
    { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 },
    { strategy: 'CANARY', canaryConfiguration: { canaryBakeTimeInMinutes: 1 } },
    { strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 1 } },
  ])('is a drill: $strategy', async (deploymentConfiguration) => {
    const played = await play({
      ...fleet({ ...fargate, deploymentConfiguration }, { knobs: { bakeMinute: '1s' } }),
      scenario: deployment,
      opens: whenTold,
      expected: drained,
    });
    expect(settledOf(played)).toContain(
      `${deploymentConfiguration.strategy} deployments that bake for 1 min`,
    );
  });

  test('is refused where its bake time is longer than the watch', async () => {
    const deploymentConfiguration = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 10 };
    await play({
      ...fleet({ ...fargate, deploymentConfiguration }),
      scenario: deployment,
      expected: refused('inert-fault', /BLUE_GREEN deployments bake for 10 min 0 s; limit 2 min 0 s/),
    });
  });

  test('is refused where somebody has to continue it', async () => {
    const deploymentConfiguration = {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 1,
      lifecycleHooks: [pause],
    };
    await play({
      ...fleet({ ...fargate, deploymentConfiguration }),
      scenario: deployment,
      expected: refused('inert-fault', /PAUSE lifecycle hook.*ContinueServiceDeployment/),
    });
  });

  test('and is somebody else’s is waited for, through its pause and its bake time', async () => {
    const deploymentConfiguration = {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 1,
      lifecycleHooks: [pause],
    };
    const given = fleet({ ...fargate, deploymentConfiguration }, { knobs: { bakeMinute: '500ms' } });
    await standing(given, async (stage) => {
      await stage.act({ do: 'start-deployment', service: 'build-agents' });
      const { opens, done } = whenHeld(() =>
        stage.act({ do: 'continue-deployment', service: 'build-agents' }),
      );
      const played = await stage.run({ opens });
      await done();
      meets(played, drained);
      expect(waitedFor(played)[0]).toMatch(
        /2 deployments: a rollout is in progress \(BLUE_GREEN deployments that bake for 1 min 0 s; deployments that pause/,
      );
    });
  });
});

describe.concurrent('a service', () => {
  test('with a circuit breaker, zone rebalancing and ECS Exec is drilled, and each is named', async () => {
    const played = await play({
      ...fleet({
        ...fargate,
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
        availabilityZoneRebalancing: 'ENABLED',
        enableExecuteCommand: true,
      }),
      expected: drained,
    });
    expect(settledOf(played)).toContain(
      'deployment circuit breaker with rollback; ECS moves tasks between Availability Zones; ECS Exec is on',
    );
  });

  test('that is a DAEMON has nothing to scale in', async () => {
    const instances = [{ count: 2, cpu: 1024, memory: 2048 }];
    const daemon = { schedulingStrategy: 'DAEMON', launchType: 'EC2' };
    await play({
      ...fleet(daemon, { instances }, hostedDefinition()),
      scenario: { inject: { fault: 'scale-in' } },
      expected: refused('inert-fault', /is a DAEMON: it runs one task on each host/),
    });
  });

  test('that is a DAEMON is drilled by stop-task', async () => {
    const instances = [{ count: 2, cpu: 1024, memory: 2048 }];
    const daemon = { schedulingStrategy: 'DAEMON', launchType: 'EC2' };
    const played = await play({
      ...fleet(daemon, { instances }, hostedDefinition()),
      expected: drained,
    });
    expect(settledOf(played)).toContain('DAEMON, one task on each host');
  });

  test('on Managed Instances is drilled, and preflight names what AWS does to them', async () => {
    const instances = [{ count: 2, cpu: 4096, memory: 8192, capacityProvider: 'managed', managed: true }];
    const service = { desiredCount: 2, capacityProviderStrategy: [{ capacityProvider: 'managed' }] };
    const definition = { ...hostedDefinition(), requiresCompatibilities: ['MANAGED_INSTANCES'] };
    const played = await play({ ...fleet(service, { instances }, definition), expected: drained });
    const looked = eventsOf(played.journal, 'GD_OBSERVED')
      .flatMap(({ payload }) => payload.facts)
      .flatMap((fact) => (fact.kind === 'preflight' ? fact.value.findings : []));
    expect(looked.map(({ rule }) => rule)).toContain('managed-instances');
  });
});
