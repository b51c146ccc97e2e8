import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { until } from '../support/until.ts';
import { meets, play } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { taskDefinition } from './support/files.ts';
import type { CaseFiles, Entries } from './support/files.ts';
import { GATES, held, jobsSeen, whenIntended, whenProven, whenTold } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { hostedDefinition } from './support/hosts.ts';
import { placesIn, tasksIn } from './support/places.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const steps = [{ key: 'integration', command: held() }];
const drained = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 } as const;
const byOther = { exit: 11, outcome: 'inconclusive', reason: 'stopped-by-other' } as const;
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

/** Does `act` when it is first asked to. */
function once(act: () => Promise<unknown>): { begin(): void; done(): Promise<unknown> } {
  let acted: Promise<unknown> | null = null;
  return {
    begin: () => void (acted ??= act()),
    done: () => acted ?? Promise.reject(new Error('what was waited for did not come')),
  };
}

/** Does `act` once, when the drill is seen to wait, and opens the gates as usual. */
function whenHeld(act: () => Promise<unknown>): { readonly opens: Opens; done(): Promise<unknown> } {
  const { begin, done } = once(act);
  return {
    opens: (events) => {
      if (eventsOf(events, 'GD_INJECTION_HELD').length > 0) begin();
      return whenProven(events);
    },
    done,
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

/**
 * The task definition of a service whose first tasks start at once: so many as there are seats. Every later one waits for the
 * gate `decided` before its agent starts, or does not start at all where `code` is not 0.
 */
function seated(seats: number, code: number, base: Entries): Entries {
  const taken = Array.from({ length: seats }, (_, at) => `mkdir ${GATES}/seat-${String(at)} || `).join('');
  const script = `${taken}{ until [ -e ${GATES}/decided ]; do sleep 0.1; done; exit ${String(code)}; }`;
  const [agent] = base['containerDefinitions'] as readonly Entries[];
  const doorman = { name: 'doorman', image: 'example/doorman:1', essential: false };
  return {
    ...base,
    containerDefinitions: [
      { ...agent, dependsOn: [{ containerName: 'doorman', condition: 'SUCCESS' }] },
      { ...doorman, entryPoint: ['bash', '-c', script] },
    ],
  };
}

/** Lets the tasks go on that have no seat. */
function decide(stage: Standing): Promise<void> {
  return writeFile(join(stage.folder, 'gates', 'decided'), '');
}

/** A service whose new tasks cannot start, and whose first failed task ends the deployment. */
function breaking(deploymentConfiguration: Entries = {}, rollback = true): CaseFiles {
  const thresholdConfiguration = { type: 'COUNT', value: 1 };
  const deploymentCircuitBreaker = { enable: true, rollback, thresholdConfiguration };
  return fleet(
    { ...fargate, deploymentConfiguration: { ...deploymentConfiguration, deploymentCircuitBreaker } },
    {},
    seated(2, 1, taskDefinition({})),
  );
}

test('a circuit breaker that rolls nothing back leaves the deployment of the drill failed', async () => {
  await play({
    ...breaking({}, false),
    scenario: deployment,
    opens: whenIntended('decided'),
    expected: {
      ...{ exit: 11, outcome: 'inconclusive', reason: 'stop-not-confirmed', sent: 1 },
      says: [/our deployment ecs-svc.* failed, so that ECS starts no further task/],
    },
  });
});

describe.concurrent('a circuit breaker that rolls back', () => {
  test('the deployment of somebody else is waited for', async () => {
    await standing(breaking(), async (stage) => {
      await stage.act({ do: 'start-deployment', service: 'build-agents' });
      const { opens, done } = whenHeld(() => decide(stage));
      const played = await stage.run({ opens });
      await done();
      meets(played, drained);
      expect(waitedFor(played)[0]).toMatch(/2 deployments: a rollout is in progress/);
    });
  });

  test('the deployment of the drill before a task was stopped leaves nothing to judge', async () => {
    await play({
      ...breaking(),
      scenario: deployment,
      opens: whenIntended('decided'),
      expected: { ...byOther, sent: 1, says: [/our deployment ecs-svc.* failed and was rolled back/] },
    });
  });

  test('the deployment of the drill after a task was stopped leaves that task to judge', async () => {
    await play({
      ...breaking({ minimumHealthyPercent: 50, maximumPercent: 100 }),
      steps: [...steps, { key: 'side', command: held() }],
      scenario: deployment,
      opens: (events) => (whenTold(events).length > 0 ? ['decided', 'struck'] : []),
      expected: { ...drained, notes: [/not every task was replaced: our deployment .* rolled back/] },
    });
  });
});

/** Two workers in one zone, and a host in another that takes no task; gives what lets it take one. */
async function crowd(stage: Standing): Promise<() => Promise<unknown>> {
  const [, second] = (await tasksIn(stage.env)).toSorted((a, b) =>
    (a.availabilityZone ?? '').localeCompare(b.availabilityZone ?? ''),
  );
  const host = { do: 'drain-instance', taskArn: second?.taskArn };
  await stage.act({ ...host, enabled: true });
  await until('two workers in one zone', async () => {
    const running = (await tasksIn(stage.env)).filter(({ lastStatus }) => lastStatus === 'RUNNING');
    return running.length === 2 && new Set(running.map((task) => task.availabilityZone)).size === 1;
  });
  return async () => {
    await stage.act({ ...host, enabled: false });
    await until('a third task', async () => (await placesIn(stage.env)).tasks.length === 3);
  };
}

/** Leaves ECS no task to move but the one that has the job. */
async function protectOthers(stage: Standing): Promise<void> {
  const { jobs, agents } = await stage.state();
  const agentId = jobs.find(({ step, state }) => step === 'integration' && state === 'RUNNING')?.agentId;
  const tags = agents.find((agent) => agent.agentId === agentId)?.tags ?? [];
  const others = (await placesIn(stage.env)).tasks.filter((arn) => !tags.includes(`ecs:task-arn=${arn}`));
  for (const taskArn of others) await stage.act({ do: 'protect', taskArn, enabled: true });
}

describe.concurrent('a task that is moved to another zone', () => {
  const [room, zones] = [{ cpu: 2048, memory: 4096 }, ['a', 'b']];
  const rebalanced = fleet(
    { desiredCount: 2, launchType: 'EC2', availabilityZoneRebalancing: 'ENABLED' },
    { instances: zones.map((availabilityZone) => ({ ...room, availabilityZone })) },
    seated(3, 0, hostedDefinition()),
  );

  test('before the drill is waited for', async () => {
    await standing(rebalanced, async (stage) => {
      await (
        await crowd(stage)
      )();
      const { opens, done } = whenHeld(() => decide(stage));
      const played = await stage.run({ opens });
      await done();
      meets(played, drained);
      expect(waitedFor(played)).toEqual([
        'service build-agents is being scaled in: desired 2, running 2, pending 1',
      ]);
    });
  });

  test('with the job of the drill is not stopped once more', async () => {
    const prepare = { key: 'prepare', command: held('prepared') };
    await standing({ ...rebalanced, steps: [prepare, 'wait', ...steps] }, async (stage) => {
      const move = await crowd(stage);
      const moved = once(() => move().then(() => writeFile(join(stage.folder, 'gates', 'prepared'), '')));
      const decided = once(() => protectOthers(stage).then(() => decide(stage)));
      const played = await stage.run({
        opens: (events) => {
          if (eventsOf(events, 'GD_BUILD_SENT').length > 0) moved.begin();
          const job = jobsSeen(events).find(({ stepKey }) => stepKey === 'integration');
          if (eventsOf(events, 'GD_INJECTION_HELD').length > 0 && job?.state === 'running') decided.begin();
          return [];
        },
      });
      await Promise.all([moved.done(), decided.done()]);
      meets(played, { ...byOther, sent: 0, says: [/Scaling activity initiated by/] });
    });
  });
});

test('a task that does not come up is waited for, unless safety.settled is ignore-pending', async () => {
  // The oldest is taken among those that nobody protects: the target, and not the task that is pending.
  const rig = { knobs: { scaleInVictim: 'oldest' } };
  await standing(fleet(fargate, rig, seated(2, 0, taskDefinition({}))), async (stage) => {
    await until('the end of the first deployment', async () => {
      const running = (await tasksIn(stage.env)).filter(({ lastStatus }) => lastStatus === 'RUNNING');
      return running.length === 2;
    });
    await stage.act({ do: 'set-desired-count', service: 'build-agents', count: 3 });
    const inject = { fault: 'scale-in' };
    const waited = await stage.run({ scenario: { inject, when: { startWithin: '4s' } } });
    meets(
      waited,
      refused('not-settled', /desired 3, running 2, pending 1; waited for in vain within 4\.0 s/),
    );
    const played = await stage.run({ scenario: { inject, safety: { settled: 'ignore-pending' } } });
    const { sent: _sent, ...answer } = drained;
    meets(played, answer);
  });
});
