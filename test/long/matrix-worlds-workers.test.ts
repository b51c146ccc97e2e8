import { describe, test } from 'vitest';
import { play } from '../e2e/support/case.ts';
import type { Expected } from '../e2e/support/case.ts';
import { EXEC, SHELL, trapping } from '../e2e/support/files.ts';
import { held } from '../e2e/support/gates.ts';
import type { Opens } from '../e2e/support/gates.ts';
import { onHosts } from '../e2e/support/hosts.ts';
import { eventsOf } from '../../src/journal/events.ts';
import {
  DRAINED,
  hiddenSettings,
  inconclusive,
  NOT_PROVEN,
  OUTLASTED,
  pastJobs,
  throughShell,
} from '../e2e/support/worlds.ts';

const integration = { key: 'integration', command: held() };
const MODES = ['silent', 'reporting'] as const;
const byReport = { inFlight: 'one-clock', heard: 'report' } as const;

describe.concurrent(
  'a shell keeps the signal, and a setting that no definition shows makes the agent leave',
  () => {
    test.each(MODES)('after one job: %s agent', async (standInAgent) => {
      const { texts, knobs } = hiddenSettings('disconnect-after-job=true');
      await play({
        container: { argv: SHELL },
        steps: [integration],
        texts,
        rig: { standInAgent, knobs },
        expected: NOT_PROVEN,
      });
    });

    // The job is there before the agent, which would else leave before it came.
    test.each(MODES)('after 4 s without a job: %s agent', async (standInAgent) => {
      const { texts, knobs } = hiddenSettings('disconnect-after-idle-timeout=4');
      await play({
        ...{ standalone: 1, container: { argv: SHELL }, steps: [integration], texts },
        scenario: { build: { number: 1 } },
        rig: { standInAgent, knobs, builds: [{ pipeline: 'canary' }] },
        expected: NOT_PROVEN,
      });
    });

    test('after 4 s without a job, and its jobs followed one another: no witness', async () => {
      const { texts, knobs } = hiddenSettings('disconnect-after-idle-timeout=4');
      await play({
        ...{ standalone: 1, container: { argv: SHELL }, steps: [integration], texts },
        scenario: { build: { number: 5 } },
        rig: { standInAgent: 'silent', knobs, builds: [{ pipeline: 'canary' }], ...pastJobs('1s').rig },
        expected: NOT_PROVEN,
      });
    });

    test.each(MODES)('%s agent whose --disconnect-after-uptime runs out in the job', async (standInAgent) => {
      await play({
        container: { argv: throughShell('--disconnect-after-uptime', '20') },
        steps: [integration],
        scenario: { when: { inFlightFor: '20s' } },
        rig: { standInAgent },
        expected: NOT_PROVEN,
      });
    });
  },
);

describe.concurrent('what a definition says of the leaving is read', () => {
  test.each(MODES)('a comment that names --disconnect-after-job is none: %s agent', async (standInAgent) => {
    const script = `exec ${EXEC.join(' ')} # not --disconnect-after-job`;
    await play({
      container: { argv: [...SHELL.slice(0, 2), script] },
      steps: [integration],
      rig: { standInAgent },
      expected: {
        ...DRAINED,
        proof: standInAgent === 'reporting' ? byReport : { inFlight: 'read', heard: 'entry-point' },
      },
    });
  });

  test.each([['--disconnect-after-job'], ['--disconnect-after-job=true'], ['"--disconnect-after-job"']])(
    'a one-shot agent that cannot report outlasts the stop: %s',
    async (flag) => {
      await play({
        container: { argv: throughShell(flag) },
        steps: [integration],
        rig: { standInAgent: 'silent' },
        expected: { ...OUTLASTED, notes: [/one-shot/] },
      });
    },
  );

  test('a one-shot agent by the environment', async () => {
    await play({
      container: { environment: { BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'true' } },
      steps: [integration],
      rig: { standInAgent: 'silent' },
      expected: OUTLASTED,
    });
  });

  test('a one-shot agent that reported the stop drained', async () => {
    await play({
      container: { argv: [...EXEC, '--disconnect-after-job'] },
      steps: [integration],
      rig: { standInAgent: 'reporting' },
      expected: { ...DRAINED, proof: byReport },
    });
  });

  test('a one-shot agent that reports its stops and reported none did not hear it', async () => {
    await play({
      container: { argv: throughShell('--disconnect-after-job') },
      steps: [integration],
      rig: { standInAgent: 'reporting' },
      expected: { ...NOT_PROVEN, says: [/left without a report/] },
    });
  });
});

describe.concurrent('an agent that cannot report needs a start that is known', () => {
  const silent = { standInAgent: 'silent' };

  test.each([
    ['exec form', { argv: EXEC }, 'entry-point'],
    ['tini before the agent', { argv: ['tini', '--', ...EXEC] }, 'entry-point'],
    ['initProcessEnabled', { argv: EXEC, init: true }, 'entry-point'],
    ['a trap that ends 143', { argv: trapping('true', 'exit 143') }, 'exit-code'],
  ] as const)('%s', async (_title, container, heard) => {
    await play({
      container,
      steps: [integration],
      rig: silent,
      expected: { ...DRAINED, proof: { inFlight: 'read', heard } },
    });
  });

  test("Buildkite's own image", async () => {
    const environment = [{ name: 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', value: 'true' }];
    await play({
      steps: [integration],
      files: {
        'agent.json': {
          ...{ family: 'build-agent', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] },
          ...{ cpu: '1024', memory: '2048' },
          containerDefinitions: [
            {
              name: 'agent',
              image: 'buildkite/agent:3.78',
              command: ['start'],
              stopTimeout: 60,
              environment,
            },
          ],
        },
      },
      rig: silent,
      expected: { ...DRAINED, proof: { inFlight: 'read', heard: 'entry-point' } },
    });
  });

  test('cluster.imageConfig shows it', async () => {
    await play({
      container: { argv: EXEC, imageStarts: true },
      steps: [integration],
      files: {
        'image.json': [{ Config: { Entrypoint: ['tini', '--'], Cmd: ['buildkite-agent', 'start'] } }],
      },
      scenario: { cluster: { imageConfig: 'image.json' } },
      rig: silent,
      expected: { ...DRAINED, proof: { inFlight: 'read', heard: 'entry-point' } },
    });
  });

  test('a trap that ends 0 shows nothing', async () => {
    await play({
      container: { argv: trapping('true', 'exit 0') },
      steps: [integration],
      rig: silent,
      expected: { ...NOT_PROVEN, says: [/whose trap may pass the signal on/] },
    });
  });

  test('a trap that ends 0, and a witness', async () => {
    await play({
      container: { argv: trapping('true', 'exit 0') },
      steps: [integration],
      rig: { ...silent, ...pastJobs('30s').rig },
      expected: { ...DRAINED, proof: { inFlight: 'read', heard: 'witness' } },
    });
  });
});

describe.concurrent('somebody else tells the agent to leave', () => {
  /** The job ends when Buildkite shows that the agent was told. */
  const whenTold: Opens = (events) =>
    eventsOf(events, 'GD_OBSERVED').some(({ payload }) =>
      payload.facts.some(
        (fact) =>
          fact.kind === 'agent' &&
          (fact.value.stoppedGracefullyAt !== null || fact.value.connection === 'stopping'),
      ),
    )
      ? ['struck']
      : [];

  /** Workers whose shell eats the signal, and whose host's script stops the agent 14 s later. */
  const toldLate = (standInAgent: (typeof MODES)[number]): ReturnType<typeof onHosts> =>
    onHosts(3, {
      container: { argv: SHELL },
      rig: {
        standInAgent,
        script: [
          { on: 'stop-requested', after: '14s', do: 'stop-agent', of: 'struck', by: 'api', graceful: true },
        ],
      },
    });
  const TOO_LATE = { ...inconclusive('drain-not-proven', /too late for our stop/), sent: 1 };

  test.each(MODES)(
    'a script on the EC2 host, 14 s after the shell ate the signal: %s agent',
    async (standInAgent) => {
      await play({
        steps: [integration],
        ...toldLate(standInAgent),
        opens: whenTold,
        expected: TOO_LATE,
      });
    },
  );

  test.each(MODES)('the same, and the job was over before: %s agent', async (standInAgent) => {
    await play({ steps: [integration], ...toldLate(standInAgent), expected: TOO_LATE });
  });
});

describe.concurrent('a report of the stop', () => {
  test.each([['off'], [{ delay: '30s' }]])(
    'that is missing or late proves nothing: %j',
    async (gracefulReport) => {
      await play({
        steps: [integration],
        rig: { standInAgent: 'reporting', knobs: { gracefulReport } },
        expected: inconclusive('drain-not-proven'),
      });
    },
  );

  test('that comes a few seconds late is one', async () => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'sleep 6') }],
      rig: { standInAgent: 'reporting', knobs: { gracefulReport: { delay: '4s' } } },
      expected: { ...DRAINED, proof: byReport },
    });
  });
});

describe.concurrent('the signal comes later than the stop', () => {
  const late: Expected = { ...inconclusive('finished-before-stop'), sent: 3 };
  const service = {
    serviceName: 'build-agents',
    desiredCount: 2,
    launchType: 'FARGATE',
    loadBalancers: [{ targetGroupArn: 'arn:aws:elb', containerName: 'agent', containerPort: 80 }],
  };

  test.each(MODES)('behind a load balancer the job ends before SIGTERM: %s agent', async (standInAgent) => {
    await play({
      steps: [integration],
      files: { 'service.json': service },
      scenario: { inject: { fault: 'scale-in' } },
      rig: {
        standInAgent,
        services: [{ taskDefinition: 'agent.json', service: 'service.json' }],
        knobs: { deregistrationDelay: '8s' },
      },
      // Whoever goes down is DEACTIVATING then.
      opens: whenDeactivating,
      expected: late,
    });
  });

  test.each(MODES)('by ECS own lag the job goes on until SIGTERM: %s agent', async (standInAgent) => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'sleep 6') }],
      rig: { standInAgent, knobs: { signalLag: '4s' } },
      expected: DRAINED,
    });
  });
});

const whenDeactivating: Opens = (events) =>
  eventsOf(events, 'GD_OBSERVED').some(({ payload }) =>
    payload.facts.some((fact) => fact.kind === 'task' && fact.value.status === 'DEACTIVATING'),
  )
    ? ['struck']
    : [];
