import { describe, expect, test } from 'vitest';
import { withAgent } from './support/agents.ts';
import { meets, play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { ENDLESS, held } from './support/gates.ts';
import { onHosts } from './support/hosts.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const step = { key: 'integration', command: held() };
const DRAINED: Expected = { exit: 0, outcome: 'passed', reason: 'drained' };
const ROLE = 'arn:aws:iam::123456789012:role/gameday-fis';
const SPOT = { inject: { fault: 'spot-reclaim', through: 'fis', role: ROLE } };
const KNOBS = { fisMinute: '1s', spotNotice: '60s' };
const QUICK = { lostAfter: '3s', knobs: { fisMinute: '1s', spotNotice: '2s' } };

const STOPS_TASKS = {
  clientToken: 'a',
  description: 'stops tasks',
  roleArn: ROLE,
  stopConditions: [
    { source: 'aws:cloudwatch:alarm', value: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:red' },
  ],
  targets: {
    workers: {
      resourceType: 'aws:ecs:task',
      parameters: { cluster: 'build-prod', service: 'build-agents' },
      selectionMode: 'ALL',
    },
  },
  actions: { stop: { actionId: 'aws:ecs:stop-task', targets: { Tasks: 'workers' } } },
};
const BY_TEMPLATE = { inject: { fault: 'fis', template: 'EXTnamed' }, safety: { tasks: 2 } };

function withTemplate(template: object, rig: Readonly<Record<string, unknown>> = {}) {
  return {
    files: { 'template.json': template },
    rig: { experimentTemplates: { EXTnamed: 'template.json' }, ...rig },
  };
}

/** What FIS holds now: ids of templates, and how each experiment stands. */
async function listHeld({ env }: Standing): Promise<{ templates: string[]; experiments: string[] }> {
  const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${env['AWS_ACCESS_KEY_ID'] ?? ''}/` };
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`${env['AWS_ENDPOINT_URL_FIS'] ?? ''}${path}`, { headers })).json();
  const { experimentTemplates } = (await ask('/experimentTemplates')) as {
    experimentTemplates: { id: string }[];
  };
  const { experiments } = (await ask('/experiments')) as { experiments: { state: { status: string } }[] };
  return {
    templates: experimentTemplates.map(({ id }) => id),
    experiments: experiments.map(({ state }) => state.status),
  };
}

describe.concurrent('spot-reclaim through FIS', () => {
  test(withAgent('drains a host that ECS drains at the notice, and leaves no template'), async () => {
    await standing(
      { steps: [step], agent: 'real', ...onHosts(3, { rig: { knobs: KNOBS } }) },
      async (stage) => {
        const played = await stage.run({ scenario: SPOT });
        meets(played, {
          ...DRAINED,
          says: [/after the experiment's action began/, /after the notice of the reclaim/],
        });
        expect(played.drill.notes.join()).not.toContain('equivalent');
        expect(await listHeld(stage)).toEqual({ templates: [], experiments: ['stopped'] });
      },
    );
  });

  test('loses the job where the host does not drain: it dies without a SIGTERM', async () => {
    const rig = { ...QUICK, knobs: { ...QUICK.knobs, spotDraining: 'off' } };
    await play({
      steps: [{ key: 'integration', command: ENDLESS }],
      ...onHosts(3, { rig }),
      scenario: SPOT,
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'lost',
        cause: 'host-gone',
        says: [/TerminationNotice/],
      },
    });
  });

  test('is refused while the safety lever is engaged', async () => {
    await play({
      steps: [step],
      ...onHosts(3, { rig: { knobs: { safetyLever: 'engaged' } } }),
      scenario: SPOT,
      expected: {
        exit: 3,
        outcome: 'refused',
        reason: 'kill-switch',
        says: [/safety lever of FIS is engaged/],
        sent: 0,
      },
    });
  });

  test('says what FIS says where it cannot interrupt the host, and leaves no template', async () => {
    await standing(
      { steps: [step], ...onHosts(3, { rig: { knobs: { ...KNOBS, fisAction: 'fails' } } }) },
      async (stage) => {
        const played = await stage.run({ scenario: SPOT });
        const says = [/The role may not perform the action/];
        meets(played, { exit: 4, outcome: 'could-not-run', reason: 'fault-refused', says });
        expect(await listHeld(stage)).toEqual({ templates: [], experiments: ['failed'] });
      },
    );
  });

  test('on Fargate is refused: there is no action for it', async () => {
    await play({
      steps: [step],
      scenario: SPOT,
      expected: {
        exit: 3,
        outcome: 'refused',
        reason: 'inert-fault',
        says: [/interrupts Fargate Spot/],
        sent: 0,
      },
    });
  });
});

describe.concurrent('a template that the scenario names', () => {
  test('stops the tasks, and is left as it is', async () => {
    await standing({ steps: [step], workers: 2, ...withTemplate(STOPS_TASKS) }, async (stage) => {
      const played = await stage.run({ scenario: BY_TEMPLATE });
      meets(played, { ...DRAINED, says: [/UserInitiated, "AWS FIS experiment/] });
      expect(await listHeld(stage)).toEqual({ templates: ['EXTnamed'], experiments: ['completed'] });
    });
  });

  test('is stopped by its stop condition before it did anything', async () => {
    const stop = { ...STOPS_TASKS.actions.stop, startAfter: ['wait'] };
    const wait = { actionId: 'aws:fis:wait', parameters: { duration: 'PT1H' } };
    const script = [{ on: 'experiment-status', do: 'raise-alarm', after: '300ms' }];
    await play({
      steps: [step],
      workers: 2,
      ...withTemplate({ ...STOPS_TASKS, actions: { wait, stop } }, { script }),
      scenario: BY_TEMPLATE,
      expected: { exit: 3, outcome: 'refused', reason: 'halted', says: [/halted by stop condition/] },
    });
  });

  test('that can take only others is refused, by what it names', async () => {
    const others = { resourceType: 'aws:ecs:task', resourceArns: ['arn:aws:ecs:us-east-1:1:task/a/b'] };
    await play({
      steps: [step],
      workers: 2,
      ...withTemplate({ ...STOPS_TASKS, targets: { workers: { ...others, selectionMode: 'ALL' } } }),
      scenario: BY_TEMPLATE,
      expected: {
        exit: 3,
        outcome: 'refused',
        reason: 'inert-fault',
        says: [/cannot take the target/],
        sent: 0,
      },
    });
  });

  test('is denied', async () => {
    const denied = { operation: 'POST /experiments', count: 'forever', do: { answer: 403 } };
    const given = withTemplate(STOPS_TASKS, { faulty: { ecs: [denied] } });
    await play({
      steps: [step],
      workers: 2,
      ...given,
      scenario: BY_TEMPLATE,
      expected: {
        exit: 4,
        outcome: 'could-not-run',
        reason: 'aws-denied',
        says: [/AWS denies StartExperiment/],
      },
    });
  });
});
