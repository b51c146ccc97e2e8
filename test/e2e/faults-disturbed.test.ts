import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { killedAndResumed } from '../long/support/killing.ts';
import type { Survival } from '../long/support/killing.ts';
import { openRoad } from '../long/support/lanes.ts';
import { until } from '../support/until.ts';
import { inFolder, meets, play } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { ENDLESS, held, jobsSeen, provenInFlight, whenTold } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { hostedDefinition, hostedService, onHosts } from './support/hosts.ts';
import { placesIn } from './support/places.ts';
import type { Places } from './support/places.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const step = { key: 'integration', command: held() };
const SCALE_IN = { inject: { fault: 'scale-in' } };
const DRAINED: Expected = { exit: 0, outcome: 'passed', reason: 'drained' };
const DENIED: Expected = { exit: 4, outcome: 'could-not-run', reason: 'aws-denied' };
const SETTLED = { desired: [2], shielded: [] };

function denied(operation: string, from = 1): Readonly<Record<string, unknown>> {
  return { operation, from, count: 'forever', do: { error: 'AccessDeniedException' } };
}

/** The calls of the fault and those that undid it, in the order in which they were sent. */
function callsOf(events: readonly DrillEvent[]): readonly string[] {
  return [...eventsOf(events, 'GD_FAULT_INTENDED'), ...eventsOf(events, 'GD_UNDO_INTENDED')]
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ payload: { call } }) => {
      if (call.kind === 'protect-tasks') return call.enabled ? 'protect' : 'lift';
      if (call.kind === 'mark-service' || call.kind === 'unmark-service')
        return call.kind.replace('-service', '');
      if (call.kind === 'set-desired-count') return `count ${String(call.former)} -> ${String(call.desired)}`;
      return call.kind === 'set-instance-state' ? call.status : call.kind;
    });
}

describe.concurrent('an unsteered scale-in', () => {
  // The scheduler of this rig takes the oldest task.
  const FREE = { inject: { fault: 'scale-in', steered: false } };
  const given = {
    steps: ['one', 'two'].map((key) => ({ key, command: held() })),
    rig: { knobs: { scaleInVictim: 'oldest' } },
  };

  /** The steps in the order of the age of their tasks, in a build that runs already. */
  async function stepsByAge({ act, state, env }: Standing): Promise<readonly string[]> {
    await act({ do: 'create-build', pipeline: 'canary', branch: 'main' });
    const jobs = await until('both jobs', async () => {
      const running = (await state()).jobs.filter((job) => job.state.toLowerCase() === 'running');
      return running.length === 2 ? running : null;
    });
    const { tasks } = await placesIn(env);
    const { agents } = await state();
    const age = ({ agentId }: { readonly agentId: string | null }): number => {
      const tags = agents.find((agent) => agent.agentId === agentId)?.tags ?? [];
      return tasks.findIndex((arn) => tags.includes(`ecs:task-arn=${arn}`));
    };
    expect(jobs.map(age).toSorted()).toEqual([0, 1]);
    return jobs.toSorted((a, b) => age(a) - age(b)).map((job) => job.step ?? '');
  }

  test('that takes the target is judged there', async () => {
    await standing(given, async (stage) => {
      const [oldest = ''] = await stepsByAge(stage);
      const scenario = { ...FREE, build: { number: 1 }, when: { step: oldest } };
      const played = await stage.run({ scenario });
      meets(played, { ...DRAINED, says: [/ServiceSchedulerInitiated/], sent: 2 });
      expect(callsOf(played.journal)).toEqual(['mark', 'count 2 -> 1', 'count 1 -> 2', 'unmark']);
      expect(await placesIn(stage.env)).toMatchObject(SETTLED);
    });
  });

  test('that takes another task proves nothing; the job there is judged and shown', async () => {
    await standing(given, async (stage) => {
      const [oldest = '', other = ''] = await stepsByAge(stage);
      const scenario = { ...FREE, build: { number: 1 }, when: { step: other } };
      const played = await stage.run({ scenario });
      meets(played, {
        exit: 11,
        outcome: 'inconclusive',
        reason: 'missed-target',
        says: [/the scheduler stopped .*, not the target; there: drained: /],
        sent: 2,
      });
      const judged = played.drill.attempts.filter((attempt) => attempt.judged);
      expect(judged.map((attempt) => [attempt.step, attempt.passed])).toEqual([[oldest, true]]);
      expect(callsOf(played.journal)).toEqual(['mark', 'count 2 -> 1', 'count 1 -> 2', 'unmark']);
      expect(await placesIn(stage.env)).toMatchObject(SETTLED);
    });
  });
});

describe.concurrent('a steered scale-in', () => {
  test('whose protections end by themselves has nothing left to lift', async () => {
    await standing({ steps: [step], rig: { knobs: { protectionMinute: '2s' } } }, async (stage) => {
      const run = stage.run({ scenario: SCALE_IN, opens: () => [] });
      await until('the protection', async () => (await placesIn(stage.env)).shielded.length === 1);
      await until('its end', async () => (await placesIn(stage.env)).shielded.length === 0);
      await writeFile(join(stage.folder, 'gates', 'struck'), '');
      const played = await run;
      meets(played, { ...DRAINED, sent: 3 });
      expect(callsOf(played.journal)).toEqual(['mark', 'protect', 'count 2 -> 1', 'count 1 -> 2', 'unmark']);
      expect(played.drill.notes.join('\n')).not.toMatch(/left as it is/);
      expect(await placesIn(stage.env)).toMatchObject(SETTLED);
    });
  });

  test('leaves the count that somebody sets while the worker drains, and says so', async () => {
    await standing({ steps: [step] }, async (stage) => {
      let isSet: boolean | null = null;
      // Only when it was seen whom the scheduler took for us: before, the stop could be theirs.
      const opens: Opens = (events) => {
        if (isSet === null && provenInFlight(events)) {
          isSet = false;
          void stage.act({ do: 'set-desired-count', count: 4 }).then(() => (isSet = true));
        }
        return isSet === true ? ['struck'] : [];
      };
      const played = await stage.run({ scenario: SCALE_IN, opens });
      const says =
        /left as it is: the desired count of service build-agents is 4, set by somebody else meanwhile; it was 2/;
      meets(played, { ...DRAINED, notes: [says] });
      expect(callsOf(played.journal)).toEqual(['mark', 'protect', 'count 2 -> 1', 'lift', 'unmark']);
      expect(await placesIn(stage.env)).toMatchObject({ desired: [4], shielded: [] });
    });
  });

  test('that finds a deployment after its protections goes no further, and lifts them', async () => {
    const script = [{ on: 'task-protection', do: 'start-deployment', service: 'build-agents' }];
    // Neither more nor fewer workers than wanted: the deployment can never go on.
    const deploymentConfiguration = { minimumHealthyPercent: 100, maximumPercent: 100 };
    const service = { serviceName: 'build-agents', desiredCount: 2, launchType: 'FARGATE' };
    const files = { 'service.json': { ...service, deploymentConfiguration } };
    const services = [{ taskDefinition: 'agent.json', service: 'service.json' }];
    await standing({ steps: [step], files, rig: { services, script } }, async (stage) => {
      const played = await stage.run({ scenario: SCALE_IN });
      const says = [/2 deployments: a rollout is in progress/];
      meets(played, { exit: 3, outcome: 'refused', reason: 'not-settled', says, sent: 2 });
      expect(callsOf(played.journal)).toEqual(['mark', 'protect', 'lift', 'unmark', 'cancel-build']);
      expect(await placesIn(stage.env)).toMatchObject(SETTLED);
    });
  });

  test('that may not lift its protections either says which are left, and until when', async () => {
    const faulty = { ecs: [denied('UpdateService'), denied('UpdateTaskProtection', 2)] };
    await standing({ steps: [step], rig: { faulty } }, async (stage) => {
      const played = await stage.run({ scenario: SCALE_IN });
      meets(played, {
        ...DENIED,
        notes: [/left as it is: task \S+ is protected until \d\d:\d\d:\d\d\S* UTC, by us/],
      });
      const { desired, shielded } = await placesIn(stage.env);
      expect([desired, shielded.length]).toEqual([[2], 1]);
    });
  });

  // Four programs one after the other.
  test(
    'whose runner dies between protection and count is aborted or resumed, and all is as before',
    { timeout: 300_000 },
    async () => {
      await inFolder(async (folder) => {
        const road = await openRoad(folder, { lanes: 2, workers: 2, scenario: SCALE_IN });
        // The first call that is answered is the mark, the second the protection.
        async function died(how: 'abort' | 'resume', n: number): Promise<Survival> {
          const lane = road.lanes[n];
          if (lane === undefined) throw new Error('the rig has too few lanes');
          const places = (): Promise<Places> => placesIn(road.env, lane.name);
          return killedAndResumed(road, lane, 'after:GD_FAULT_SENT#2', {
            how,
            then: async (left) => {
              expect(callsOf(left)).toEqual(['mark', 'protect']);
              expect(await places()).toMatchObject({ desired: [2], shielded: [expect.anything()] });
            },
            after: async () => expect(await places()).toMatchObject(SETTLED),
          });
        }
        try {
          const aborted = await died('abort', 0);
          expect(aborted, aborted.said).toMatchObject({ exit: 0, outcome: 'aborted', reason: 'aborted' });
          expect(callsOf(aborted.events)).toEqual(['mark', 'protect', 'lift', 'unmark', 'cancel-build']);
          const resumed = await died('resume', 1);
          expect(resumed, resumed.said).toMatchObject({ exit: 0, outcome: 'passed', reason: 'drained' });
          expect(callsOf(resumed.events)).toEqual([
            'mark',
            'protect',
            'count 2 -> 1',
            'count 1 -> 2',
            'lift',
            'unmark',
          ]);
        } finally {
          await road.close();
        }
      });
    },
  );
});

describe.concurrent('on EC2', () => {
  test('a spot reclaim drains the host, within its two minutes, and ends that', async () => {
    await standing({ steps: [step], ...onHosts(3) }, async (stage) => {
      const played = await stage.run({ scenario: { inject: { fault: 'spot-reclaim' } } });
      meets(played, {
        ...DRAINED,
        notes: [/^spot-equivalent: /m],
        says: [/after the notice of the reclaim: .*; limit 2 min 0 s/],
        sent: 2,
      });
      expect(callsOf(played.journal)).toEqual(['mark', 'DRAINING', 'ACTIVE', 'unmark']);
      expect(await placesIn(stage.env)).toMatchObject({ ...SETTLED, hosts: ['ACTIVE', 'ACTIVE', 'ACTIVE'] });
    });
  });

  test('a spot reclaim of a deaf worker loses its job', async () => {
    const argv = ['/bin/sh', '-c', 'buildkite-agent start --tags-from-ecs-meta-data'];
    const rig = { lostAfter: '3s' };
    await play({
      steps: [{ key: 'integration', command: ENDLESS }],
      ...onHosts(3, { container: { argv, stopTimeout: 2 }, rig }),
      scenario: { inject: { fault: 'spot-reclaim' } },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'lost',
        cause: 'signal-eaten',
        notes: [/^spot-equivalent: /m],
      },
    });
  });

  test("others' tasks on the host are taken where they are granted, and counted", async () => {
    const other = hostedDefinition({ environment: { BUILDKITE_AGENT_TAGS: 'queue=deploy' } }, 'deployer');
    const deployers = hostedService({ name: 'deployers', taskDefinition: 'deployer.json', desiredCount: 1 });
    const packed = { placementStrategy: [{ type: 'binpack', field: 'cpu' }] };
    const hosts = onHosts(2, {
      room: 3,
      services: [hostedService({ service: 'packed.json' }), { ...deployers, service: 'packed.json' }],
      files: { 'deployer.json': other, 'packed.json': packed },
    });
    await standing({ steps: [step], ...hosts }, async (stage) => {
      const scenario = { inject: { fault: 'drain-instance' }, safety: { tasks: 3 } };
      const played = await stage.run({ scenario });
      meets(played, { ...DRAINED, notes: [/2 tasks that held no job were stopped too/] });
      expect(played.drill.fleet).toMatchObject({ tasksHit: 3, jobsHit: 1, drained: 1, lost: 0 });
      expect(await placesIn(stage.env)).toMatchObject({ ...SETTLED, hosts: ['ACTIVE', 'ACTIVE'] });
    });
  });

  test.each([
    ['drain-instance', 'UpdateContainerInstancesState'],
    ['deployment', 'UpdateService'],
  ])('%s that is denied could not run, and nothing is changed', async (fault, operation) => {
    const hosts = onHosts(3, { rig: { faulty: { ecs: [denied(operation)] } } });
    await standing({ steps: [step], ...hosts }, async (stage) => {
      const before = await placesIn(stage.env);
      const played = await stage.run({ scenario: { inject: { fault }, safety: { tasks: 2 } } });
      // A deployment has nothing to put back, so nothing is marked.
      const sent = fault === 'deployment' ? 1 : 2;
      meets(played, { ...DENIED, sent, says: [/AccessDenied/] });
      expect(await placesIn(stage.env)).toEqual(before);
    });
  });
});

describe.concurrent('a deployment', () => {
  const scenario = { inject: { fault: 'deployment' }, safety: { tasks: 2 } };

  test('counts what it hit and how long it took', async () => {
    const { drill }: Played = await play({
      steps: [step, { key: 'side', command: held() }],
      scenario,
      opens: whenTold,
      expected: { ...DRAINED, sent: 1 },
    });
    expect(drill.fleet).toMatchObject({ tasksHit: 2, jobsHit: 2, drained: 2, lost: 0, masked: 0 });
    expect(drill.fleet?.longestDrain).toBeGreaterThan(0);
    expect(drill.fleet?.rollout).toBeGreaterThan(0);
  });

  test('counts a loss that a retry hides as masked', async () => {
    const onceEndless = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`;
    const retry = { automatic: [{ exit_status: -1, limit: 2 }] };
    const { drill, journal } = await play({
      steps: [step, { key: 'side', command: onceEndless, retry }],
      container: { stopTimeout: 8 },
      rig: { lostAfter: '3s' },
      scenario,
      opens: whenTold,
      expected: { exit: 10, outcome: 'failed', reason: 'masked-loss', cause: 'step-over-window', sent: 1 },
    });
    expect(drill.fleet).toMatchObject({ tasksHit: 2, jobsHit: 2, drained: 1, lost: 0, masked: 1 });
    expect(jobsSeen(journal).filter(({ stepKey }) => stepKey === 'side')).toHaveLength(2);
  });
});
