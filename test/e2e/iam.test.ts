import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { DrillResult } from '../../src/verdict/result.ts';
import { cli, exportsIn, ROOT, startCli } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';
import { agentFlags } from './support/agents.ts';
import { drill, inFolder, surroundings } from './support/case.ts';
import { held, whenProven, whenTold } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { standing } from './support/standing.ts';

/** A drill each, some of them with a deployment; a machine that is busy takes minutes. */
const SLOWLY = { timeout: 300_000 };
const ACCOUNT = '123456789012';
const Policy = z.strictObject({
  Version: z.string(),
  Statement: z.array(z.looseObject({ Sid: z.string(), Action: z.array(z.string()) })),
});
type Policy = z.infer<typeof Policy>;
const Asked = z.array(
  z.object({ action: z.string(), resource: z.string(), allowed: z.boolean(), by: z.array(z.string()) }),
);
const Checked = z.object({
  exitCode: z.number(),
  denials: z.array(
    z.object({
      action: z.string(),
      resource: z.string().nullable(),
      how: z.string(),
      by: z.string().nullable(),
      answer: z.string(),
      statement: z.looseObject({ Sid: z.string() }).nullable(),
    }),
  ),
});

/** A shipped scenario on a shipped rig, each perhaps with other lines. */
interface Played {
  readonly scenario: string;
  readonly rig: string;
  readonly hosts: 'FARGATE' | 'EC2';
  readonly uses?: string;
  readonly edit?: Edit;
  readonly editRig?: Edit;
}
type Edit = (text: string) => string;

interface Bench {
  readonly folder: string;
  /** The policy that `gameday iam` writes for the scenario. */
  readonly policy: Policy;
  readonly scenario: string;
  readonly rig: string;
}

/** A copy of the shipped scenarios, in which one rig allows no more than the policy that is written for one scenario. */
async function bench<T>(
  { scenario, rig, hosts, uses = 'run', edit = same, editRig = same }: Played,
  changed: (policy: Policy) => Policy,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
    await unhurried(folder);
    const file = join(folder, 'scenarios', `${scenario}.yaml`);
    await rewrite(file, (text) => edit(patient(text)));
    const args = ['iam', file, '--account', ACCOUNT, '--launch-type', hosts, '--for', uses];
    const { code, stdout, stderr } = await cli(args, folder);
    expect(code, stderr).toBe(0);
    const policy = Policy.parse(JSON.parse(stdout));
    const rigFile = join(folder, 'scenarios', 'rigs', `${rig}.yaml`);
    await writeFile(join(folder, 'policy.json'), JSON.stringify(changed(policy)));
    await writeFile(join(folder, 'service.json'), JSON.stringify(ON_A_GROUP));
    await rewrite(rigFile, (text) => `${editRig(text)}\npolicy: ../../policy.json\n`);
    return work({ folder, policy, scenario: file, rig: rigFile });
  });
}

/** Jobs wait at a gate and end well behind it, and workers may drain for long: a machine that is busy must not end a job early. */
async function unhurried(folder: string): Promise<void> {
  const gates = join(folder, 'gates');
  await mkdir(gates);
  const held = `until [ -e ${gates}/struck ] || [ -e ${gates}/$BUILDKITE_JOB_ID ]; do sleep 0.2; done; sleep 3`;
  const within = async (name: string, edit: Edit): Promise<void> => {
    const inside = join(folder, 'scenarios', name);
    for (const file of await readdir(inside)) await rewrite(join(inside, file), edit);
  };
  await within('pipelines', (text) => text.replaceAll(/command: sleep \d+$/gm, `command: '${held}'`));
  await within('task-definitions', (text) => text.replaceAll('"stopTimeout": 20', '"stopTimeout": 100'));
}

const patient: Edit = (text) =>
  text
    .replaceAll('within: 20s', 'within: 100s')
    .replaceAll('verdictWithin: 60s', 'verdictWithin: 120s')
    .replaceAll('startWithin: 60s', 'startWithin: 120s');

/** The gates of all jobs, once what was stopped was seen in flight after it, or a baseline is watched. */
const onceTold: Opens = (events) => {
  const told = [...whenTold(events), ...whenProven(events)];
  const isWatched = events.some(({ code }) => code === 'GD_WATCH_BEGUN');
  return told.length > 0 || isWatched ? [...told, 'struck'] : [];
};

/** A service whose capacity an Auto Scaling group gives. */
const ON_A_GROUP = { capacityProviderStrategy: [{ capacityProvider: 'hosts' }] };

function same<T>(value: T): T {
  return value;
}

async function rewrite(file: string, edit: Edit): Promise<void> {
  await writeFile(file, edit(await readFile(file, 'utf8')));
}

/** Puts something in place of words that must be there. */
function put(words: string, others: string): Edit {
  return (text) => {
    expect(text).toContain(words);
    return text.replace(words, others);
  };
}

/** Every pair of statement and action in a policy. */
function rights({ Statement }: Policy): readonly string[] {
  return Statement.flatMap(({ Sid, Action }) => Action.map((action) => `${Sid} ${action}`)).toSorted();
}

/** Keeps the rig up for as long as the work takes; then nothing may have been denied, and every right but the `idle` ones must have been used. */
async function exactly(
  given: Played,
  work: (bench: Bench, env: Readonly<Record<string, string>>) => Promise<void>,
  idle: readonly string[] = [],
): Promise<void> {
  await bench(given, same, async (made) => {
    const { folder, rig, policy } = made;
    const up = startCli(['rig', 'up', rig, ...agentFlags('stand-in')], folder, surroundings(folder));
    try {
      await up.said('The rig runs');
      const env: Record<string, string> = {
        ...exportsIn(up.stdout()),
        GAMEDAY_STATE_DIR: join(folder, 'state'),
      };
      await work(made, env);
      const asked = Asked.parse(await (await fetch(`${control(env)}/access`)).json());
      expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);
      const used = asked.flatMap(({ by, action }) => by.map((sid) => `${sid} ${action}`));
      expect([...new Set([...used, ...idle])].toSorted()).toEqual(rights(policy));
    } finally {
      up.child.kill('SIGINT');
      await up.ended;
    }
  });
}

function control(env: Readonly<Record<string, string>>): string {
  return env['GAMEDAY_RIG_CONTROL'] ?? '';
}

const onAGroup = put('launchType: EC2', 'service: ../../service.json');
const tagged = put('desiredCount: 2', 'desiredCount: 2\n    tags: { game-day: allowed }');
const byTag = put(
  'service: build-agents',
  'service: build-agents\n  taskTag: { key: game-day, value: allowed }',
);
const FLEET: Pick<Played, 'rig' | 'hosts'> = { rig: 'exec-form', hosts: 'FARGATE' };
const SCALED: Pick<Played, 'rig' | 'hosts'> = { rig: 'scaled', hosts: 'FARGATE' };
const SPARED: Pick<Played, 'rig' | 'hosts'> = { rig: 'protected', hosts: 'FARGATE' };
const EC2: Pick<Played, 'rig' | 'hosts' | 'editRig'> = { rig: 'ec2', hosts: 'EC2', editRig: onAGroup };

const SPOT: Pick<Played, 'rig' | 'hosts' | 'editRig'> = { rig: 'ec2-spot', hosts: 'EC2', editRig: onAGroup };

/** What is asked only of a service that is registered with Application Auto Scaling. */
const OF_REGISTERED = ['DescribeScalingPolicies', 'DescribeScheduledActions'].map(
  (operation) => `ReadScaling application-autoscaling:${operation}`,
);
const REAL_SPOT: Played = { scenario: 'faults/spot-reclaim-by-fis', ...SPOT };

/** Every fault and trigger, and what else says which rights a drill needs; each ends so with nothing but its policy. */
const DRILLS: readonly (readonly [
  name: string,
  played: Played,
  reasons: readonly string[],
  idle?: readonly string[],
])[] = [
  ['stop-task', { scenario: 'exec-form', ...FLEET }, ['drained']],
  ['scale-in', { scenario: 'faults/scale-in', ...FLEET }, ['drained'], OF_REGISTERED],
  [
    'scale-in, not steered',
    { scenario: 'faults/scale-in', ...FLEET, edit: put('scale-in }', 'scale-in, steered: false }') },
    // The scheduler has its choice.
    ['drained', 'missed-target'],
    OF_REGISTERED,
  ],
  [
    'scale-in that suspends automatic scaling',
    { scenario: 'faults/scale-in-suspended', ...SCALED },
    ['drained'],
  ],
  ['autoscale-in', { scenario: 'faults/autoscale-in', ...SCALED }, ['drained']],
  ['deployment', { scenario: 'faults/deployment', ...FLEET }, ['drained']],
  [
    'deployment that spares',
    { scenario: 'faults/deployment-spared', ...SPARED },
    // The gate opens at once: its rights are those of one that waits.
    ['spared', 'finished-before-stop'],
  ],
  ['drain-instance', { scenario: 'faults/drain-instance', ...EC2 }, ['drained']],
  ['spot-reclaim on Fargate', { scenario: 'faults/spot-reclaim', ...FLEET }, ['drained']],
  ['spot-reclaim through FIS', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }, ['drained']],
  ['spot-reclaim on EC2', { scenario: 'faults/spot-reclaim', ...EC2 }, ['drained']],
  ['agent-idle', { scenario: 'triggers/agent-idle', ...FLEET }, ['retired']],
  [
    'agent-idle, nothing injected',
    { scenario: 'triggers/agent-leaves-by-itself', rig: 'idle-timeout', hosts: 'FARGATE' },
    ['baseline'],
  ],
  ['fleet-busy', { scenario: 'triggers/fleet-busy', rig: 'two-at-once', hosts: 'FARGATE' }, ['drained']],
  ['near-end', { scenario: 'triggers/near-end', rig: 'known-step', hosts: 'FARGATE' }, ['drained']],
  ['at-fraction', { scenario: 'triggers/at-fraction', rig: 'known-step', hosts: 'FARGATE' }, ['drained']],
  ['a task tag', { scenario: 'exec-form', ...FLEET, edit: byTag, editRig: tagged }, ['drained']],
  [
    'no look before the drill',
    { scenario: 'exec-form', ...FLEET, edit: (text) => `${text}\npreflight: off\n` },
    ['drained'],
  ],
  [
    'a family and no service',
    {
      scenario: 'exec-form',
      ...FLEET,
      edit: put('service: build-agents', 'family: build-agent'),
      editRig: (text) =>
        put(
          'desiredCount',
          'count',
        )(put('  - name: build-agents\n    task', '  - task')(put('services', 'tasks')(text))),
    },
    ['drained'],
  ],
];

describe.concurrent(
  'with the policy that is written for it nothing is missing and nothing is more',
  SLOWLY,
  () => {
    test.each(DRILLS.map((row) => [row[0], row] as const))('%s', async (_name, [, given, reasons, idle]) => {
      await exactly(
        given,
        async ({ folder, scenario }, env) => {
          const { drill: result } = await drill(folder, ['run', scenario, '--yes'], env, onceTold);
          expect(reasons, result.said).toContain(result.reason);
        },
        idle,
      );
    });

    test('fis, whose experiment is over before it would be stopped', async () => {
      const given: Played = { scenario: 'faults/fis-stop-task', rig: 'exec-form-fis', hosts: 'FARGATE' };
      const idle = ['StopExperiments fis:StopExperiment'];
      await exactly(
        given,
        async ({ folder, scenario }, env) => {
          const { drill: result } = await drill(folder, ['run', scenario, '--yes'], env, onceTold);
          expect(result.reason, result.said).toBe('drained');
        },
        idle,
      );
    });

    test('preflight', async () => {
      await exactly(
        { scenario: 'exec-form', ...EC2, uses: 'preflight' },
        async ({ folder, scenario }, env) => {
          const { code, stdout, stderr } = await cli(
            ['preflight', '--scenario', scenario, '--json'],
            folder,
            env,
          );
          expect([0, 10], stderr).toContain(code);
          expect(stdout).not.toContain('AWS denies');
        },
      );
    });

    test('assert', async () => {
      const built: Edit = (text) => `${text}\nbuilds: [{ pipeline: canary }]\n`;
      const given: Played = { scenario: 'exec-form', ...FLEET, uses: 'assert', editRig: built };
      await exactly(given, async ({ folder }, env) => {
        const act = async (action: object): Promise<string> =>
          (await fetch(`${control(env)}/do`, { method: 'POST', body: JSON.stringify(action) })).text();
        await until('the job in flight', async () => (await act({ do: 'state' })).includes('"RUNNING"'));
        await act({ do: 'stop-task', task: 'host', step: 'integration', reason: 'a deploy' });
        await writeFile(join(folder, 'gates', 'struck'), '');
        const args = ['assert', '--build', 'acme/canary/1', '--poll-every', '300ms'];
        const { drill: result } = await drill(folder, args, env, onceTold);
        expect(['passed', 'inconclusive'], result.said).toContain(result.outcome);
      });
    });

    test('a baseline of a build, which asks nothing of ECS', async () => {
      const none = put('fault: stop-task', 'fault: none');
      await exactly(
        { scenario: 'exec-form', ...FLEET, edit: none },
        async ({ folder, scenario, policy }, env) => {
          expect(policy.Statement).toEqual([]);
          const { drill: result } = await drill(folder, ['run', scenario, '--yes'], env, onceTold);
          expect(result.reason).toBe('baseline');
        },
      );
    });
  },
);

/** Statements that are taken out, and what is denied then. */
const WITHOUT: readonly (readonly [sid: string, action: string, played: Played])[] = [
  ['ReadCluster', 'DescribeClusters', { scenario: 'exec-form', ...FLEET }],
  ['ReadService', 'DescribeServices', { scenario: 'exec-form', ...FLEET }],
  ['ListTasks', 'ListTasks', { scenario: 'exec-form', ...FLEET }],
  ['ReadTasks', 'DescribeTasks', { scenario: 'exec-form', ...FLEET }],
  ['ReadTaskDefinitions', 'DescribeTaskDefinition', { scenario: 'exec-form', ...FLEET }],
  ['StopTasks', 'StopTask', { scenario: 'exec-form', ...FLEET }],
  ['ProtectTasks', 'UpdateTaskProtection', { scenario: 'faults/scale-in', ...FLEET }],
  ['ChangeService', 'UpdateService', { scenario: 'faults/scale-in', ...FLEET }],
  ['ChangeService', 'UpdateService', { scenario: 'faults/deployment', ...FLEET }],
  ['ReadScaling', 'DescribeScalableTargets', { scenario: 'faults/scale-in-suspended', ...SCALED }],
  ['ChangeScaling', 'RegisterScalableTarget', { scenario: 'faults/autoscale-in', ...SCALED }],
  ['ReadInstances', 'DescribeContainerInstances', { scenario: 'faults/drain-instance', ...EC2 }],
  ['ChangeInstances', 'UpdateContainerInstancesState', { scenario: 'faults/drain-instance', ...EC2 }],
  ['ReadSafetyLever', 'fis:GetSafetyLever', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }],
  ['ListExperiments', 'fis:ListExperimentTemplates', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }],
  ['CreateTemplates', 'fis:CreateExperimentTemplate', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }],
  ['PassRole', 'iam:PassRole', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }],
  ['TagExperiments', 'fis:TagResource', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }],
  ['StartExperiments', 'fis:StartExperiment', { scenario: 'faults/spot-reclaim-by-fis', ...SPOT }],
];

/** Runs the scenario on the rig that it names; gives its drill and what `gameday iam --check` says of it. */
async function ranAndChecked({ folder, scenario }: Bench): Promise<{
  readonly result: DrillResult;
  readonly checked: z.infer<typeof Checked> & { readonly code: number | null };
}> {
  const args = ['run', '--rig', scenario, ...agentFlags('stand-in')];
  const { drill: result } = await drill(folder, args, {}, onceTold);
  const { code, stdout, stderr } = await cli(['iam', '--check', result.journal ?? '', '--json'], folder);
  expect(stdout, stderr).not.toBe('');
  return { result, checked: { ...Checked.parse(JSON.parse(stdout)), code } };
}

describe.concurrent('without one statement of it --check names that one', SLOWLY, () => {
  test.each(WITHOUT)('%s, which allows %s', async (sid, operation, given) => {
    await bench(given, without(sid), async (made) => {
      const { result, checked } = await ranAndChecked(made);
      expect({ code: result.exitCode, reason: result.reason, said: result.said }).toMatchObject({
        code: 4,
        reason: 'aws-denied',
      });
      const { code, exitCode, denials } = checked;
      expect([code, exitCode]).toEqual([10, 10]);
      expect(denials.length).toBeGreaterThan(0);
      for (const denial of denials)
        expect(denial).toMatchObject({
          ...{
            action: operation.includes(':')
              ? operation
              : `${sid.endsWith('Scaling') ? 'application-autoscaling' : 'ecs'}:${operation}`,
            how: 'implicit',
            by: 'identity-based policy',
            answer: 'lacks',
          },
          statement: { Sid: sid },
        });
    });
  });

  test.each<readonly [string, string, Played]>([
    ['the look before the drill', 'ReadCapacityProviders', { scenario: 'faults/drain-instance', ...EC2 }],
    ['what is said of automatic scaling', 'ReadScaling', { scenario: 'faults/scale-in', ...FLEET }],
  ])('one that only %s needs (%s), which fails no drill', async (_what, sid, given) => {
    await bench(given, without(sid), async (made) => {
      const { result, checked } = await ranAndChecked(made);
      expect(result.reason, result.said).toBe('drained');
      const { code, denials } = checked;
      expect(code).toBe(10);
      expect(denials).toMatchObject([{ answer: 'lacks', statement: { Sid: sid } }]);
    });
  });

  test.each<readonly [string, string, Played, readonly string[]]>([
    [
      'ecs:GetTaskProtection',
      'ReadTasks',
      { scenario: 'faults/deployment-spared', ...SPARED },
      ['aws-denied'],
    ],
    // What a worker came to is told by ECS; what the experiment did with it is not known then.
    ['fis:GetExperiment', 'ReadExperiments', REAL_SPOT, ['observation-gap']],
    // The drill is over by then, and says what it leaves.
    ['fis:StopExperiment', 'StopExperiments', REAL_SPOT, ['drained']],
    ['fis:DeleteExperimentTemplate', 'CreateTemplates2', REAL_SPOT, ['drained']],
  ])('%s alone, of %s', async (action, sid, given, reasons) => {
    const lacks = ({ Statement, ...rest }: Policy): Policy => ({
      ...rest,
      Statement: Statement.map((one) => ({ ...one, Action: one.Action.filter((name) => name !== action) })),
    });
    await bench(given, lacks, async (made) => {
      const { result, checked } = await ranAndChecked(made);
      expect(reasons, result.said).toContain(result.reason);
      expect(checked.code).toBe(10);
      for (const denial of checked.denials)
        expect(denial).toMatchObject({ action, answer: 'lacks', statement: { Sid: sid } });
      expect(checked.denials.length).toBeGreaterThan(0);
    });
  });

  test('and tells an explicit deny, which no statement of ours opens', async () => {
    const forbidden = (policy: Policy): Policy => ({
      ...policy,
      Statement: [
        ...policy.Statement,
        { Sid: 'Never', Effect: 'Deny', Action: ['ecs:StopTask'], Resource: '*' },
      ],
    });
    await bench({ scenario: 'exec-form', ...FLEET }, forbidden, async (made) => {
      const { result, checked } = await ranAndChecked(made);
      expect(result.reason, result.said).toBe('aws-denied');
      const { code, denials } = checked;
      expect(code).toBe(10);
      expect(denials).toMatchObject([{ action: 'ecs:StopTask', how: 'explicit', answer: 'forbidden' }]);
    });
  });
});

/** S3 as it denies everything to somebody: what was asked for, in its own words. */
async function denyingS3(): Promise<TestServer> {
  return startServer(({ method, path }, response) => {
    const isListing = path.includes('list-type=2');
    const action = method === 'PUT' ? 's3:PutObject' : isListing ? 's3:ListBucket' : 's3:GetObject';
    const resource = `arn:aws:s3:::games${isListing ? '' : path.replace(/^\/games|\?.*$/g, '')}`;
    const said = `User: arn:aws:iam::${ACCOUNT}:user/ci is not authorized to perform: ${action} on resource: &quot;${resource}&quot; because no identity-based policy allows the ${action} action`;
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>${said}</Message></Error>`);
  });
}

test(
  'a lock that S3 denies is named with its statement, and the command that gives credentials ran once for ECS and S3',
  SLOWLY,
  async () => {
    const s3 = await denyingS3();
    try {
      await standing({ steps: [{ key: 'integration', command: held() }] }, async ({ folder, env, run }) => {
        const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = env;
        const keys = { Version: 1, AccessKeyId: AWS_ACCESS_KEY_ID, SecretAccessKey: AWS_SECRET_ACCESS_KEY };
        const inside = (name: string): string => join(folder, name);
        const [script, runs, config] = [inside('keys.sh'), inside('runs'), inside('aws-config')];
        const session = AWS_SESSION_TOKEN === undefined ? {} : { SessionToken: AWS_SESSION_TOKEN };
        await writeFile(
          script,
          `#!/bin/sh\necho run >> ${runs}\necho '${JSON.stringify({ ...keys, ...session })}'\n`,
          { mode: 0o700 },
        );
        await writeFile(config, `[profile drills]\ncredential_process = ${script}\n`);
        const { code, drill: result } = await run({
          args: ['--yes', '--ledger', 's3://games/nights'],
          env: {
            ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' },
            ...{ AWS_CONFIG_FILE: config, AWS_PROFILE: 'drills', AWS_ENDPOINT_URL_S3: s3.url },
          },
        });
        expect([code, result.reason], result.said).toEqual([3, 'lock-held']);
        expect(result.said).toContain('Grant s3:GetObject on games');
        expect(await readFile(runs, 'utf8')).toBe('run\n');
        const checked = await cli(['iam', '--check', result.journal ?? '', '--json'], folder);
        expect(checked.code, checked.stdout).toBe(10);
        const { denials } = Checked.parse(JSON.parse(checked.stdout));
        expect(denials.length).toBeGreaterThan(0);
        for (const denial of denials)
          expect(denial).toMatchObject({
            ...{ action: 's3:GetObject', how: 'implicit', by: 'identity-based policy', answer: 'lacks' },
            resource: expect.stringMatching(/^arn:aws:s3:::games\/nights\/./) as string,
            statement: { Sid: 'ReadLedger', Resource: ['arn:aws:s3:::games/nights/*'] },
          });
      });
    } finally {
      await s3.close();
    }
  },
);

function without(sid: string): (policy: Policy) => Policy {
  return ({ Statement, ...rest }) => {
    expect(Statement.map(({ Sid }) => Sid)).toContain(sid);
    return { ...rest, Statement: Statement.filter(({ Sid }) => Sid !== sid) };
  };
}
