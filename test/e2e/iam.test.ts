import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cli, documentIn, exportsIn, ROOT, startCli } from '../support/cli.ts';
import { agentFlags } from './support/agents.ts';
import { drill, inFolder, surroundings } from './support/case.ts';

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

interface Bench {
  readonly folder: string;
  /** The policy that `gameday iam` writes for the scenario. */
  readonly policy: Policy;
  readonly scenario: string;
  readonly rig: string;
}

/** A copy of the shipped scenarios, in which one rig allows no more than the policy that is written for one scenario. */
async function bench<T>(
  scenario: string,
  rig: string,
  launchType: string,
  changed: (policy: Policy) => Policy,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
    const file = join(folder, 'scenarios', `${scenario}.yaml`);
    const args = ['iam', file, '--account', ACCOUNT, '--launch-type', launchType];
    const { code, stdout, stderr } = await cli(args, folder);
    expect(code, stderr).toBe(0);
    const policy = Policy.parse(JSON.parse(stdout));
    const rigFile = join(folder, 'scenarios', 'rigs', `${rig}.yaml`);
    await writeFile(join(folder, 'policy.json'), JSON.stringify(changed(policy)));
    await writeFile(rigFile, `${await readFile(rigFile, 'utf8')}\npolicy: ../../policy.json\n`);
    return work({ folder, policy, scenario: file, rig: rigFile });
  });
}

/** Every pair of statement and action in a policy. */
function rights({ Statement }: Policy): readonly string[] {
  return Statement.flatMap(({ Sid, Action }) => Action.map((action) => `${Sid} ${action}`)).toSorted();
}

/** Shipped scenarios by fault and trigger, their rigs, where those run, and how the drill ends with nothing but its policy. */
const PLAYED: readonly (readonly [scenario: string, rig: string, hosts: string, reason: string])[] = [
  ['exec-form', 'exec-form', 'FARGATE', 'drained'],
  ['faults/scale-in', 'exec-form', 'FARGATE', 'drained'],
  ['faults/deployment', 'exec-form', 'FARGATE', 'drained'],
  ['faults/drain-instance', 'ec2', 'EC2', 'drained'],
  ['faults/spot-reclaim', 'exec-form', 'FARGATE', 'drained'],
  ['triggers/agent-idle', 'exec-form', 'FARGATE', 'retired'],
  ['triggers/agent-leaves-by-itself', 'idle-timeout', 'FARGATE', 'baseline'],
  ['triggers/fleet-busy', 'two-at-once', 'FARGATE', 'drained'],
  ['triggers/near-end', 'known-step', 'FARGATE', 'drained'],
  ['triggers/at-fraction', 'known-step', 'FARGATE', 'drained'],
];

describe.concurrent('with the policy that is written for it', () => {
  test.each(PLAYED)(
    '%s runs: nothing is missing, and nothing is more',
    async (scenario, rig, hosts, reason) => {
      await bench(
        scenario,
        rig,
        hosts,
        (policy) => policy,
        async (given) => {
          const up = startCli(
            ['rig', 'up', given.rig, ...agentFlags('stand-in')],
            given.folder,
            surroundings(given.folder),
          );
          try {
            await up.said('The rig runs');
            const env = { ...exportsIn(up.stdout()), GAMEDAY_STATE_DIR: join(given.folder, 'state') };
            const played = await drill(given.folder, ['run', given.scenario, '--yes'], env, () => []);
            expect({ reason: played.drill.reason, said: played.drill.said }).toMatchObject({ reason });
            const answer = await fetch(`${env['GAMEDAY_RIG_CONTROL'] ?? ''}/access`);
            const asked = Asked.parse(await answer.json());
            expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);
            const used = asked.flatMap(({ by, action }) => by.map((sid) => `${sid} ${action}`));
            expect([...new Set(used)].toSorted()).toEqual(rights(given.policy));
          } finally {
            up.child.kill('SIGINT');
            await up.ended;
          }
        },
      );
    },
  );
});

/** Statements that are taken out, and what is denied then. */
const WITHOUT: readonly (readonly [
  scenario: string,
  rig: string,
  hosts: string,
  sid: string,
  action: string,
])[] = [
  ['exec-form', 'exec-form', 'FARGATE', 'ReadCluster', 'ecs:DescribeClusters'],
  ['exec-form', 'exec-form', 'FARGATE', 'ReadService', 'ecs:DescribeServices'],
  ['exec-form', 'exec-form', 'FARGATE', 'ListTasks', 'ecs:ListTasks'],
  ['exec-form', 'exec-form', 'FARGATE', 'ReadTasks', 'ecs:DescribeTasks'],
  ['exec-form', 'exec-form', 'FARGATE', 'ReadTaskDefinitions', 'ecs:DescribeTaskDefinition'],
  ['exec-form', 'exec-form', 'FARGATE', 'StopTasks', 'ecs:StopTask'],
  ['faults/scale-in', 'exec-form', 'FARGATE', 'ProtectTasks', 'ecs:UpdateTaskProtection'],
  ['faults/scale-in', 'exec-form', 'FARGATE', 'ChangeService', 'ecs:UpdateService'],
  ['faults/deployment', 'exec-form', 'FARGATE', 'ChangeService', 'ecs:UpdateService'],
  ['faults/drain-instance', 'ec2', 'EC2', 'ReadInstances', 'ecs:DescribeContainerInstances'],
  ['faults/drain-instance', 'ec2', 'EC2', 'ChangeInstances', 'ecs:UpdateContainerInstancesState'],
];

describe.concurrent('without one statement of it', () => {
  test.each(WITHOUT)('%s on %s (%s) without %s: aws-denied, and --check names it', async (...row) => {
    const [scenario, rig, hosts, sid, action] = row;
    const out = ({ Statement, ...rest }: Policy): Policy => ({
      ...rest,
      Statement: Statement.filter((one) => one.Sid !== sid),
    });
    await bench(scenario, rig, hosts, out, async ({ folder, scenario: file }) => {
      const args = ['run', '--rig', file, ...agentFlags('stand-in'), '--json', '--out', 'drills'];
      const { code, stdout } = await cli(args, folder, surroundings(folder));
      const [result] = documentIn(stdout).drills;
      expect({ code, reason: result?.reason, said: result?.said }).toMatchObject({
        code: 4,
        reason: 'aws-denied',
      });
      const id = result?.drill ?? '';
      const checked = await cli(['iam', '--check', id, '--out', 'drills', '--json'], folder);
      expect(checked.code, checked.stdout + checked.stderr).toBe(10);
      const { denials } = Checked.parse(JSON.parse(checked.stdout));
      for (const denial of denials)
        expect(denial).toMatchObject({
          ...{ action, how: 'implicit', by: 'identity-based policy', answer: 'lacks' },
          statement: { Sid: sid },
        });
      expect(denials.length).toBeGreaterThan(0);
      const shown = await cli(['iam', '--check', id, '--out', 'drills'], folder);
      expect(shown.stdout).toContain(`the role in use lacks statement ${sid} of the least policy`);
    });
  });
});
