import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathWithoutAgent } from '../e2e/support/agents.ts';
import { ROOT, startCli } from '../support/cli.ts';
import type { Cli, Ended } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { programsOfPyPi } from './support/pypi.ts';
import { bash } from './support/shell.ts';

const aws = programsOfPyPi('awscli', ['awscli'], ['aws']);
const NOT_RUN = aws.bin === null ? ` (not run: ${aws.why})` : '';

let folder: string;
let rig: Cli;
beforeAll(async () => {
  if (aws.bin === null) return;
  folder = mkdtempSync(join(tmpdir(), 'aws-cli-'));
  const file = join(ROOT, 'scenarios', 'rigs', 'exec-form.yaml');
  rig = startCli(['rig', 'up', file], folder, { PATH: pathWithoutAgent() });
  await rig.said('The rig runs');
  writeFileSync(join(folder, 'rig.env'), rig.stdout());
});
afterAll(async () => {
  if (aws.bin === null) return;
  rig.child.kill('SIGINT');
  await rig.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Types `aws ecs ...`, or another service's command, in a shell that knows nothing but the lines that the rig printed. */
function typed(command: string, service = 'ecs'): Promise<Ended> {
  const PATH = [aws.bin ?? '', process.env['PATH'] ?? ''].join(delimiter);
  return bash(`. ./rig.env && aws ${service} ${command}`, folder, { PATH, HOME: folder, AWS_PAGER: '' });
}

/** The document that it answers. */
async function answer<T>(command: string, service?: string): Promise<T> {
  const { code, stdout, stderr } = await typed(command, service);
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

interface Task {
  readonly taskArn: string;
  readonly taskDefinitionArn: string;
  readonly lastStatus: string;
}

const CLUSTER = '--cluster build-prod';

async function tasks(): Promise<readonly string[]> {
  const { taskArns } = await answer<{ taskArns: string[] }>(
    `list-tasks ${CLUSTER} --service-name build-agents`,
  );
  return taskArns;
}

async function described(...arns: readonly string[]): Promise<readonly Task[]> {
  return (await answer<{ tasks: Task[] }>(`describe-tasks ${CLUSTER} --tasks ${arns.join(' ')}`)).tasks;
}

test('the AWS CLI is here where tools are required', () => {
  if (process.env['GAMEDAY_REQUIRE_TOOLS'] === '1')
    expect(aws).toEqual({ bin: expect.any(String) as string });
});

describe.runIf(aws.bin !== null)(`ECS-76: the AWS CLI, by what the rig prints${NOT_RUN}`, () => {
  test('reads the cluster, its services, tasks and definitions', async () => {
    expect(await answer('describe-clusters --clusters build-prod')).toMatchObject({
      clusters: [{ clusterName: 'build-prod', status: 'ACTIVE', runningTasksCount: 2 }],
      failures: [],
    });
    const { serviceArns } = await answer<{ serviceArns: string[] }>(`list-services ${CLUSTER}`);
    expect(serviceArns).toEqual([expect.stringMatching(/:service\/build-prod\/build-agents$/)]);
    const [first, second] = await described(...(await tasks()));
    for (const task of [first, second])
      expect(task).toMatchObject({
        lastStatus: 'RUNNING',
        launchType: 'FARGATE',
        group: 'service:build-agents',
      });
    const definition = `describe-task-definition --task-definition ${first?.taskDefinitionArn ?? ''}`;
    expect(await answer(definition)).toMatchObject({
      taskDefinition: { status: 'ACTIVE', containerDefinitions: [{ stopTimeout: 20 }] },
    });
  });

  test('stops a task and sees its end', async () => {
    const [taskArn = ''] = await tasks();
    expect(await answer(`stop-task ${CLUSTER} --task ${taskArn} --reason 'by hand'`)).toMatchObject({
      task: { taskArn, desiredStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'by hand' },
    });
    const stopped = await until('the end of the task', async () =>
      (await described(taskArn)).find(({ lastStatus }) => lastStatus === 'STOPPED'),
    );
    expect(stopped).toMatchObject({ containers: [{ exitCode: 0 }] });
    expect(await tasks()).not.toContain(taskArn);
  });

  test('runs an experiment of FIS, and reads the safety lever', async () => {
    const lever = await answer('get-safety-lever --id default', 'fis');
    expect(lever).toMatchObject({ safetyLever: { state: { status: 'disengaged' } } });
    const file = join(ROOT, 'scenarios', 'experiment-templates', 'stop-tasks.json');
    interface Made {
      readonly experimentTemplate: { readonly id: string; readonly creationTime: string };
    }
    const made = await answer<Made>(`create-experiment-template --cli-input-json file://${file}`, 'fis');
    const { id } = made.experimentTemplate;
    expect(id).toMatch(/^EXT/);
    interface Started {
      readonly experiment: { readonly id: string };
    }
    const start = `start-experiment --experiment-template-id ${id} --experiment-options actionsMode=skip-all`;
    const started = await answer<Started>(start, 'fis');
    const ended = await until('the end of the experiment', async () => {
      const read = await answer<{ experiment: { state: { status: string } } }>(
        `get-experiment --id ${started.experiment.id}`,
        'fis',
      );
      return read.experiment.state.status === 'completed' ? read.experiment : null;
    });
    expect(ended).toMatchObject({ actions: { stop: { state: { status: 'skipped' } } } });
    expect(await answer('list-experiments', 'fis')).toMatchObject({
      experiments: [{ experimentTemplateId: id }],
    });
    expect(await answer(`delete-experiment-template --id ${id}`, 'fis')).toMatchObject({
      experimentTemplate: { id },
    });
    const again = await typed(`get-experiment-template --id ${id}`, 'fis');
    expect(again.stderr).toContain('ResourceNotFoundException');
  });

  test.each([
    [
      'an id that is none',
      `describe-tasks ${CLUSTER} --tasks mine`,
      'taskId length should be one of [32,36]',
    ],
    [
      'a task of another cluster',
      `describe-tasks --tasks arn:aws:ecs:us-east-1:123456789012:task/build-prod/${'0'.repeat(32)}`,
      'Invalid identifier: Identifier is for cluster build-prod. Your cluster is default',
    ],
    [
      'an operation that the rig does not model',
      'list-account-settings',
      'the rig does not model ListAccountSettings',
    ],
  ])('says of %s what ECS says', async (_what, command, said) => {
    const { code, stderr } = await typed(command);
    expect(code).not.toBe(0);
    expect(stderr).toContain(said);
  });
});

test.runIf(aws.bin !== null)(
  `the AWS CLI registers a service for scaling, and the rig brings its count there${NOT_RUN}`,
  async () => {
    const scaling = 'application-autoscaling';
    const subject = '--service-namespace ecs --scalable-dimension ecs:service:DesiredCount';
    const one = `${subject} --resource-id service/build-prod/build-agents`;
    const none = await answer(`describe-scalable-targets --service-namespace ecs`, scaling);
    expect(none).toEqual({ ScalableTargets: [] });
    const suspended = '--suspended-state DynamicScalingInSuspended=true';
    await answer(`register-scalable-target ${one} --min-capacity 3 --max-capacity 4 ${suspended}`, scaling);
    const { ScalableTargets } = await answer<{ ScalableTargets: unknown[] }>(
      `describe-scalable-targets ${subject}`,
      scaling,
    );
    expect(ScalableTargets).toMatchObject([
      { MinCapacity: 3, MaxCapacity: 4, SuspendedState: { DynamicScalingInSuspended: true } },
    ]);
    const { ScalingActivities } = await answer<{ ScalingActivities: unknown[] }>(
      `describe-scaling-activities ${one}`,
      scaling,
    );
    expect(ScalingActivities).toMatchObject([{ Cause: 'minimum capacity was set to 3' }]);
    const wrong = await typed(`register-scalable-target ${one} --max-capacity 1`, scaling);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('ValidationException');
  },
);
