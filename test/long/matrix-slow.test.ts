import { describe, expect, test } from 'vitest';
import { documentIn, startCli } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';
import type { Seen, TestServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';
import { meets, play, surroundings } from '../e2e/support/case.ts';
import type { Expected } from '../e2e/support/case.ts';
import { writeScenario } from '../e2e/support/files.ts';
import { ENDLESS, held } from '../e2e/support/gates.ts';
import { standing } from '../e2e/support/standing.ts';

const steps = [{ key: 'integration', command: held() }];
const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };

describe.concurrent('a second StopTask', () => {
  test.each(['keeps', 'overwrites', 'refused'])(
    'is sent after two looks where the first one got lost on its way (knob secondStopTask: %s)',
    async (secondStopTask) => {
      const faulty = { ecs: [{ operation: 'StopTask', do: { drop: 'before' } }] };
      await standing({ steps, rig: { faulty, knobs: { secondStopTask } } }, async (stage) => {
        meets(await stage.run(), { ...drained, sent: 2 });
        expect(Object.values((await stage.counts()).stopTaskLanded)).toEqual([1]);
      });
    },
  );

  test('is not sent where ECS answered and did nothing', async () => {
    await play({
      steps: [{ key: 'integration', command: ENDLESS }],
      rig: { knobs: { stopTask: 'ignored' } },
      expected: { exit: 11, outcome: 'inconclusive', reason: 'stop-not-confirmed', sent: 1 },
    });
  });

  test('is never sent on a task that ECS calls MISSING, after a resume either', async () => {
    await standing({ steps: [{ key: 'integration', command: ENDLESS }] }, async (stage) => {
      const ecs = await forgetfulEcs(stage.env['AWS_ENDPOINT_URL_ECS'] ?? '');
      const env = { ...stage.env, ...surroundings(stage.folder), AWS_ENDPOINT_URL_ECS: ecs.url };
      try {
        const scenario = await writeScenario(stage.folder, {});
        const run = startCli(['run', '--yes', scenario], stage.folder, env);
        await until('StopTask', () => Promise.resolve(stops(ecs) > 0));
        run.child.kill('SIGKILL');
        await run.ended;
        const [, id = ''] = /drill (\S+):/.exec(run.stderr()) ?? [];
        const resumed = startCli(['resume', id, '--json'], stage.folder, env);
        expect((await resumed.ended).code, resumed.stderr()).toBe(11);
        expect(documentIn(resumed.stdout())).toMatchObject({
          outcome: 'inconclusive',
          reason: 'observation-gap',
        });
        expect(stops(ecs)).toBe(1);
        expect(Object.values((await stage.counts()).stopTaskLanded)).toEqual([1]);
      } finally {
        await ecs.close();
      }
    });
  });
});

function operation({ headers }: Seen): string {
  return String(headers['x-amz-target']).split('.').at(-1) ?? '';
}

function stops(ecs: TestServer): number {
  return ecs.requests.filter((seen) => operation(seen) === 'StopTask').length;
}

/** Passes everything on; but StopTask is never answered, and from then on every task is MISSING. */
async function forgetfulEcs(target: string): Promise<TestServer> {
  let stopped = false;
  return startServer((seen, response) => {
    void (async () => {
      if (stopped && operation(seen) === 'DescribeTasks') {
        const { tasks } = JSON.parse(seen.body) as { tasks: readonly string[] };
        const failures = tasks.map((arn) => ({ arn, reason: 'MISSING' }));
        response.end(JSON.stringify({ tasks: [], failures }));
        return;
      }
      const headers = Object.fromEntries(
        ['authorization', 'content-type', 'x-amz-date', 'x-amz-target'].map((name) => [
          name,
          String(seen.headers[name]),
        ]),
      );
      const answer = await fetch(target, { method: 'POST', headers, body: seen.body });
      const body = await answer.text();
      stopped ||= operation(seen) === 'StopTask';
      if (operation(seen) === 'StopTask') return;
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(body);
    })().catch(() => response.destroy());
  });
}

describe.concurrent('a service is away for a while in the middle', () => {
  const away = { operation: '*', afterStop: true, for: '20s', do: { drop: 'before' } };

  // Whether the task was being deregistered meanwhile cannot be seen, so the job must still run when ECS is back.
  test('ECS', async () => {
    const longer = { key: 'integration', command: held('struck', 'sleep 30') };
    await play({ steps: [longer], rig: { faulty: { ecs: [away] } }, expected: drained });
  });

  test('ECS, and the job ends before it is back', async () => {
    await play({
      steps,
      rig: { faulty: { ecs: [away] } },
      expected: {
        ...{ exit: 11, outcome: 'inconclusive', reason: 'finished-before-stop', sent: 1 },
        says: [/cannot be proven to lie after the signal/],
      },
    });
  });

  test('Buildkite, from shortly after the stop on', async () => {
    await play({ steps, rig: { faulty: { buildkite: [{ ...away, from: 3 }] } }, expected: drained });
  });
});
