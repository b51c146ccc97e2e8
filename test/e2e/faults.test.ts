import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { exportsIn, ROOT, startCli } from '../support/cli.ts';
import { agentFlags, withAgent } from './support/agents.ts';
import { drill, inFolder, meets, play, surroundings } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { ENDLESS, held, whenSignalled, whenTold } from './support/gates.ts';
import { placesIn, type Places } from './support/places.ts';
import { SHELL } from './support/files.ts';
import { standing } from './support/standing.ts';

const FAULTS = join(ROOT, 'scenarios', 'faults');
const DRAINED: Expected = { exit: 0, outcome: 'passed', reason: 'drained' };
const SPARED: Expected = { exit: 0, outcome: 'passed', reason: 'spared' };
const LOST: Expected = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten' };
const INERT: Expected = { exit: 3, outcome: 'refused', reason: 'inert-fault' };
const byScheduler = /ServiceSchedulerInitiated, "Scaling activity initiated by/;

/** Every shipped scenario, its rig, and its answer. */
const SHIPPED: readonly (readonly [scenario: string, rig: string, Expected])[] = [
  ['scale-in', 'exec-form', { ...DRAINED, says: [byScheduler], sent: 3 }],
  ['scale-in-shell-form', 'shell-form', { ...LOST, says: [byScheduler], sent: 3 }],
  ['scale-in-suspended', 'scaled', { ...DRAINED, says: [byScheduler], sent: 4 }],
  [
    'autoscale-in',
    'scaled',
    { ...DRAINED, says: [/set the desired count to 1 at .*triggered policy/], sent: 3 },
  ],
  ['deployment', 'exec-form', { ...DRAINED, says: [byScheduler], sent: 1 }],
  ['deployment-shell-form', 'shell-form', { ...LOST, says: [byScheduler], sent: 1 }],
  ['deployment-fleet', 'exec-form-fleet', { ...DRAINED, says: [byScheduler], sent: 1 }],
  ['deployment-fleet-shell-form', 'shell-form-fleet', { ...LOST, says: [byScheduler], sent: 1 }],
  ['scale-in-spared', 'protected', { ...SPARED, says: [/left alone until its job was over/], sent: 3 }],
  [
    'scale-in-not-spared',
    'unprotected',
    {
      ...{ exit: 10, outcome: 'failed', reason: 'not-spared', sent: 3 },
      ...{ cause: 'unprotected', says: [/was not protected when the change was made/] },
    },
  ],
  ['deployment-spared', 'protected', { ...SPARED, says: [/left alone until its job was over/], sent: 1 }],
  ['drain-instance', 'ec2', { ...DRAINED, says: [byScheduler], sent: 2 }],
  ['drain-instance-shell-form', 'ec2-shell-form', { ...LOST, says: [byScheduler], sent: 2 }],
  [
    'drain-instance-standalone',
    'ec2-standalone',
    { ...INERT, says: [/leaves standalone tasks alone/], sent: 0 },
  ],
  ['spot-reclaim', 'exec-form', { ...DRAINED, notes: [/^spot-equivalent: /m], sent: 1 }],
  ['spot-reclaim-shell-form', 'shell-form', { ...LOST, notes: [/^spot-equivalent: /m], sent: 1 }],
  ['spot-reclaim-by-fis', 'ec2-spot', { ...DRAINED, sent: 3 }],
  ['fis-stop-task', 'exec-form-fis', { ...DRAINED, sent: 2 }],
];

interface Stay {
  readonly before: Places;
  readonly after: Places;
}

/** Runs a shipped scenario against its own rig, which stands by itself so that it can be looked at afterwards. */
async function stayed(scenario: string, rig: string, expected: Expected): Promise<Stay> {
  return inFolder(async (folder) => {
    const file = join(ROOT, 'scenarios', 'rigs', `${rig}.yaml`);
    const up = startCli(['rig', 'up', file, ...agentFlags('real')], folder, surroundings(folder));
    try {
      await up.said('The rig runs');
      const env = { ...exportsIn(up.stdout()), GAMEDAY_STATE_DIR: join(folder, 'state') };
      const before = await placesIn(env);
      const args = ['run', join(FAULTS, `${scenario}.yaml`), '--yes'];
      meets(await drill(folder, args, env, () => []), expected);
      return { before, after: await placesIn(env) };
    } finally {
      up.child.kill('SIGINT');
      await up.ended;
    }
  });
}

describe.concurrent('a shipped scenario', () => {
  test.each(SHIPPED)(withAgent('%s on rig %s'), async (scenario, rig, expected) => {
    const { before, after } = await stayed(scenario, rig, expected);
    // A host that is interrupted never comes back, and nobody can put it back.
    const isInterrupted = scenario === 'spot-reclaim-by-fis';
    const asBefore = ({ desired, shielded, hosts }: Places) => ({
      desired,
      shielded,
      hosts: hosts.toSorted(),
    });
    expect(asBefore(after)).toEqual({
      ...asBefore(before),
      ...(isInterrupted ? { hosts: ['ACTIVE', 'ACTIVE', 'DRAINING'] } : {}),
    });
    const kept = before.tasks.filter((task) => after.tasks.includes(task));
    const isDeployed = scenario.startsWith('deployment');
    const takesAll = isDeployed || scenario === 'fis-stop-task';
    const taken = takesAll ? before.tasks.length : expected.sent === 0 ? 0 : 1;
    expect(kept).toHaveLength(before.tasks.length - taken);
    expect(after.tasks).toHaveLength(before.tasks.length);
    const deployment = after.deployments.join();
    if (isDeployed) expect(deployment).not.toBe(before.deployments.join());
    else expect(deployment).toBe(before.deployments.join());
  });
});

const step = { key: 'integration', command: held() };

describe.concurrent('a scale-in', () => {
  test('that takes another task has missed its target; the job there is judged and shown', async () => {
    // Somebody protects the target as soon as we protect the other, and by then our protection is short of breath.
    const script = [
      { on: 'task-protection', task: 'host', step: 'integration', do: 'protect', minutes: 2880 },
    ];
    const played = await play({
      steps: [step, { key: 'side', command: held() }],
      scenario: { inject: { fault: 'scale-in' } },
      rig: { script, knobs: { protectionMinute: '100ms' } },
      expected: {
        exit: 11,
        outcome: 'inconclusive',
        reason: 'missed-target',
        says: [/the scheduler stopped .*, not the target; there: drained/],
      },
    });
    expect(played.drill.attempts).toContainEqual(
      expect.objectContaining({ step: 'side', judged: true, passed: true }),
    );
  });

  test('of a protected target is refused', async () => {
    await play({
      steps: [step],
      scenario: { inject: { fault: 'scale-in' } },
      rig: {
        script: [{ on: 'job-started', task: 'host', step: 'integration', do: 'protect', minutes: 5 }],
      },
      expected: { ...INERT, says: [/the target is protected from scale-in/], sent: 0 },
    });
  });

  test('of a worker whose hooks protect it is for stop-task what ECS makes of it, by both answers', async () => {
    const script = [{ on: 'job-started', task: 'host', step: 'integration', do: 'protect', minutes: 5 }];
    const asked = (stopProtected: string, expected: Expected): Promise<unknown> =>
      play({ steps: [step], scenario: {}, rig: { script, knobs: { stopProtected } }, expected });
    await asked('stops', { ...DRAINED, sent: 1 });
    await asked('refused', {
      ...{ exit: 4, outcome: 'could-not-run', reason: 'fault-refused', sent: 1 },
      says: [/The referenced task is protected/],
    });
  });

  test('while somebody scales the service out is not ours, and their count is left', async () => {
    const given = { steps: [{ key: 'integration', command: ENDLESS }], workers: 2 };
    const script = [{ on: 'service-updated', do: 'set-desired-count', count: 3, after: '10ms' }];
    // The target is protected, so that nothing goes down before they come.
    const shield = [{ on: 'task-protection', task: 'host', step: 'integration', do: 'protect', minutes: 5 }];
    await standing({ ...given, rig: { script: [...script, ...shield] } }, async (stage) => {
      const scenario = { inject: { fault: 'scale-in' }, expect: { build: 'any' } };
      const played = await stage.run({ scenario, opens: () => [] });
      const says = [/desired count was 3, not our 1/];
      meets(played, { exit: 11, outcome: 'inconclusive', reason: 'stopped-by-other', says });
      expect(played.drill.notes.join('\n')).toMatch(
        /left as it is: the desired count of service build-agents is 3/,
      );
      const { desired, shielded } = await placesIn(stage.env);
      expect([desired, shielded.length]).toEqual([[3], 1]);
    });
  });

  test('that is denied half-way undoes its protections', async () => {
    const denied = { operation: 'UpdateService', count: 'forever', do: { error: 'AccessDeniedException' } };
    await standing({ steps: [step], rig: { faulty: { ecs: [denied] } } }, async (stage) => {
      const played = await stage.run({ scenario: { inject: { fault: 'scale-in' } } });
      const expected = { exit: 4, outcome: 'could-not-run', reason: 'aws-denied', sent: 3 } as const;
      meets(played, expected);
      expect(await placesIn(stage.env)).toMatchObject({ desired: [2], shielded: [] });
    });
  });
});

describe.concurrent('behind a load balancer', () => {
  const service = {
    serviceName: 'build-agents',
    desiredCount: 2,
    launchType: 'FARGATE',
    loadBalancers: [{ targetGroupArn: 'arn:aws:elb', containerName: 'agent', containerPort: 80 }],
  };
  const rig = {
    services: [{ taskDefinition: 'agent.json', service: 'service.json' }],
    knobs: { deregistrationDelay: '2s' },
  };
  const behind = {
    steps: [step],
    files: { 'service.json': service },
    rig,
    scenario: { inject: { fault: 'scale-in' } },
  };

  test('the signal comes after the deregistration, and the worker drains', async () => {
    const { drill: result, journal } = await play({ ...behind, opens: whenSignalled, expected: DRAINED });
    const ways = eventsOf(journal, 'GD_OBSERVED')
      .flatMap(({ payload }) => payload.facts)
      .flatMap((fact) =>
        fact.kind === 'task' && fact.id === result.target?.taskArn ? fact.value.status : [],
      );
    expect(new Set(ways)).toContain('DEACTIVATING');
    expect(result.drain?.ms).toBeGreaterThanOrEqual(2_000);
  });

  test('a deregistration that takes as long as the drain may is too slow', async () => {
    await play({
      ...behind,
      scenario: { ...behind.scenario, expect: { drain: { within: '1s' } } },
      opens: whenSignalled,
      expected: { exit: 10, outcome: 'failed', reason: 'drain-too-slow', cause: 'slow-drain' },
    });
  });

  test('a deaf worker is lost there too', async () => {
    await play({
      ...behind,
      container: { argv: SHELL, stopTimeout: 2 },
      steps: [{ key: 'integration', command: ENDLESS }],
      rig: { ...rig, lostAfter: '3s' },
      expected: LOST,
    });
  });
});

describe.concurrent('a deployment', () => {
  test('over two jobs is as bad as the worst, and counts both', async () => {
    // One of the two never ends by itself, and its time to stop is short.
    const played = await play({
      steps: [step, { key: 'side', command: ENDLESS }],
      container: { stopTimeout: 8 },
      scenario: { inject: { fault: 'deployment' }, safety: { tasks: 2 } },
      rig: { lostAfter: '3s' },
      opens: whenTold,
      expected: { ...LOST, cause: 'step-over-window' },
    });
    expect(played.drill.fleet).toMatchObject({ tasksHit: 2, jobsHit: 2, drained: 1, lost: 1 });
    expect(played.drill.fleet?.rollout).toBeGreaterThan(0);
  });

  test('that is not granted its reach starts nothing', async () => {
    await play({
      steps: [step],
      scenario: { inject: { fault: 'deployment' } },
      expected: {
        exit: 3,
        outcome: 'refused',
        reason: 'blast-radius',
        says: [/reaches 2 tasks; limit 1 \(safety\.tasks\)/],
        sent: 0,
      },
    });
  });
});

test('every shipped scenario of a fault is among them', async () => {
  const files = (await readdir(FAULTS)).map((name) => name.replace(/\.yaml$/, ''));
  expect(SHIPPED.map(([scenario]) => scenario).toSorted()).toEqual(files.toSorted());
});
