import { setTimeout as pause } from 'node:timers/promises';
import type { Task } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { empirical, distributionOf } from '../../src/forecast/distribution.ts';
import { createRandom } from '../../src/forecast/random.ts';
import { simulateRollouts } from '../../src/forecast/rollout.ts';
import type { RolloutForecast } from '../../src/forecast/rollout.ts';
import { until } from '../support/until.ts';
import { taskDefinition } from '../e2e/support/files.ts';
import { tasksIn } from '../e2e/support/places.ts';
import { standing } from '../e2e/support/standing.ts';
import type { Standing } from '../e2e/support/standing.ts';

const WORKERS = 6;
const PUT = 'curl --silent --show-error -X PUT "$ECS_AGENT_URI/task-protection/v1/state" -d';

/** A fleet that protects itself while it has a job of one of these lengths; a minute of protection lasts a second here. */
async function fleet(
  given: { readonly seconds: readonly number[]; readonly minutes: number; readonly stopTimeout: number },
  work: (stage: Standing) => Promise<void>,
): Promise<void> {
  const { seconds, minutes, stopTimeout } = given;
  const on = `${PUT} '{"ProtectionEnabled":true,"ExpiresInMinutes":${String(minutes)}}'`;
  const off = `${PUT} '{"ProtectionEnabled":false}'`;
  const definition = {
    ...taskDefinition({ stopTimeout }),
    taskRoleArn: 'arn:aws:iam::123456789012:role/agent',
  };
  const of = { taskDefinition: 'protected.json', launchType: 'FARGATE' };
  const step = { key: 'mixed', command: `${on}; sleep {{matrix}}; ${off}`, matrix: seconds.map(String) };
  await standing(
    {
      steps: [step],
      files: { 'protected.json': definition },
      rig: {
        services: [{ name: 'build-agents', desiredCount: WORKERS, ...of }],
        knobs: { protectionMinute: '1s' },
      },
    },
    work,
  );
}

interface Deployed {
  /** Milliseconds from the deployment until the last old worker has ended and every new one runs. */
  readonly took: number;
  /** Old workers that were killed at the end of their stopTimeout. */
  readonly killed: number;
  /** Milliseconds between an old worker's stop and its end. */
  readonly drains: readonly number[];
}

const isUp = ({ lastStatus, desiredStatus }: Task): boolean =>
  lastStatus === 'RUNNING' && desiredStatus === 'RUNNING';

async function deploy({ act, env }: Standing): Promise<Deployed> {
  const before = await fleetOf(env);
  const from = Date.now();
  await act({ do: 'start-deployment', service: 'build-agents' });
  const ended = await until('the end of the deployment', async () => {
    const tasks = await tasksIn(env);
    const old = tasks.filter(({ taskArn = '' }) => before.includes(taskArn));
    const isOver = old.every(({ executionStoppedAt }) => executionStoppedAt !== undefined);
    return isOver && tasks.filter(isUp).length === WORKERS ? old : undefined;
  });
  const at = (instant: Date | undefined): number => instant?.getTime() ?? Number.NaN;
  return {
    took: Math.max(...ended.map(({ executionStoppedAt }) => at(executionStoppedAt))) - from,
    killed: ended.filter(({ containers }) => containers?.some(({ exitCode }) => exitCode === 137)).length,
    drains: ended.map(({ executionStoppedAt, stoppingAt }) => at(executionStoppedAt) - at(stoppingAt)),
  };
}

/** ARNs of the workers once all run. */
async function fleetOf(env: Standing['env']): Promise<readonly string[]> {
  const up = await until('a whole fleet', async () => {
    const tasks = (await tasksIn(env)).filter(isUp);
    return tasks.length === WORKERS ? tasks : undefined;
  });
  return up.map(({ taskArn = '' }) => taskArn);
}

/** Deployments of a fleet that has work all the time, each at a random instant, and that of the idle fleet before. */
async function deployBusy(stage: Standing, seconds: readonly number[], times: number) {
  const idle = (await deploy(stage)).took;
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  const builds = Math.ceil((WORKERS * times * 25) / mean / seconds.length);
  for (let build = 0; build < builds; build += 1) await stage.act({ do: 'create-build', pipeline: 'canary' });
  const busy: Deployed[] = [];
  for (let time = 0; time < times; time += 1) {
    await fleetOf(stage.env);
    await until('work for everybody', async () => {
      const { jobs } = await stage.state();
      return jobs.filter(({ state }) => state === 'RUNNING').length >= WORKERS ? true : undefined;
    });
    // The instant of a deployment must not follow from the start of a job.
    await pause((1 + Math.random()) * Math.max(...seconds) * 1000);
    busy.push(await deploy(stage));
  }
  return { idle, busy };
}

/** The forecast of such a deployment; starts and ends of workers are those of the idle fleet. */
function forecastOf(
  idle: number,
  seconds: readonly number[],
  protection: number,
  window: number,
): RolloutForecast {
  const answer = simulateRollouts(
    {
      ...{ workers: WORKERS, minimumHealthyPercent: 100, maximumPercent: 200, roomPercent: 200 },
      ...{ idle: 0, measured: null, signal: 'heard', utilisation: 1, window, protection },
      startUp: distributionOf({ kind: 'fixed', ms: idle }),
      jobs: empirical(seconds.map((one) => one * 1000)),
    },
    2000,
    createRandom(1),
  );
  if (answer === null) throw new Error('the deployment is blocked');
  return answer;
}

/** What starting jobs and asking the rig costs, milliseconds. */
const SLACK = 1000;

test('a deployment waits for the jobs of protected workers as long as forecast, and loses none', async () => {
  const seconds = [2, 4, 6];
  await fleet({ seconds, minutes: 60, stopTimeout: 60 }, async (stage) => {
    const { idle, busy } = await deployBusy(stage, seconds, 4);
    const { wallClock, lost } = forecastOf(idle, seconds, 60_000, 60_000);
    expect(lost.p95).toBe(0);
    expect(busy.map(({ killed }) => killed)).toEqual(busy.map(() => 0));
    // One in ten lies outside the band: three of four do in one test of three hundred.
    const outside = busy.filter(({ took }) => took < wallClock.p5 - SLACK || took > wallClock.p95 + SLACK);
    expect({ wallClock, busy, outside: outside.length <= 2 }).toMatchObject({ outside: true });
    // It was protection that saved them, not the drain; only between two jobs is a worker without it.
    const drained = busy.flatMap(({ drains }) => drains).filter((ms) => ms > 1500);
    expect(drained.length).toBeLessThanOrEqual(WORKERS);
  });
});

test('of jobs that outlast protection and drain, as many are lost as forecast', async () => {
  const seconds = [3, 6, 9];
  await fleet({ seconds, minutes: 2, stopTimeout: 2 }, async (stage) => {
    const { idle, busy } = await deployBusy(stage, seconds, 2);
    const { lost } = forecastOf(idle, seconds, 2000, 2000);
    // Of 18 s of work, 4 s of the jobs of six seconds are lost and 7 s of those of nine; the others end in time.
    expect(lost.median).toBe(Math.round((WORKERS * 11) / 18));
    const killed = busy.reduce((sum, one) => sum + one.killed, 0);
    expect(killed).toBeGreaterThanOrEqual(2 * lost.p5);
    expect(killed).toBeLessThanOrEqual(2 * lost.p95);
  });
});
