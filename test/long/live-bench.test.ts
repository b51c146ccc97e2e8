import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, ROOT } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { onHosts } from '../e2e/support/hosts.ts';
import { standing } from '../e2e/support/standing.ts';
import { LiveDocument } from '../live/document.ts';

/** Runs the live bench as `npm run test:live` does, in a process of its own. */
async function runBench(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; said: string }> {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'live'], {
    ...{ cwd: ROOT, env: cleanEnvironment({ NO_COLOR: '1', ...env }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

/** What the bench needs, as a person with this rig for an account would set it. */
function variablesFor(env: Readonly<Record<string, string>>, out: string): Readonly<Record<string, string>> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', BUILDKITE_API_TOKEN = '' } = env;
  return {
    ...{ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, GAMEDAY_LIVE_TOKEN: BUILDKITE_API_TOKEN },
    GAMEDAY_LIVE_ORGANIZATION: 'acme',
    GAMEDAY_LIVE_PIPELINE: 'canary',
    GAMEDAY_LIVE_REGION: 'us-east-1',
    GAMEDAY_LIVE_CLUSTER: 'build-prod',
    GAMEDAY_LIVE_SERVICE: 'build-agents',
    GAMEDAY_LIVE_GRAPHQL_ENDPOINT: env['BUILDKITE_GRAPHQL_ENDPOINT'] ?? '',
    GAMEDAY_LIVE_ECS_ENDPOINT: env['AWS_ENDPOINT_URL_ECS'] ?? '',
    GAMEDAY_LIVE_OUT: out,
  };
}

/** A job that is lost, and one that is retried. */
const LOST = { key: 'lost', command: 'sleep 600' };
const RETRIED = {
  key: 'retried',
  command: 'if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then exit 1; fi',
  retry: { automatic: [{ exit_status: 1 }] },
};
/** What this rig does otherwise than the rig does by default. */
const TURNED = {
  ...{ agentFilter: 'nothing', connectionState: 'lower', retriedJobsListed: false },
  ...{ lossEvent: 'AGENT_DISCONNECTED', secondStopTask: 'overwrites', stopProtected: 'refused' },
};

describe.concurrent('the live bench', () => {
  test('without an account fails and names each variable that it needs', async () => {
    const { code, said } = await runBench({});
    expect(code).not.toBe(0);
    for (const name of ['TOKEN', 'ORGANIZATION', 'PIPELINE', 'REGION', 'CLUSTER', 'SERVICE'])
      expect(said).toContain(`GAMEDAY_LIVE_${name}`);
  });

  test('against a rig says where that one is other than the rig is by default, and names nobody', async () => {
    const hosted = onHosts(3, {
      room: 3,
      rig: {
        ...{ lostAfter: '3s', standInAgent: 'reporting', builds: [{ pipeline: 'canary' }] },
        knobs: { ...TURNED, signalLag: '1s' },
        script: [{ on: 'job-started', step: 'lost', do: 'cut-heartbeats' }],
      },
    });
    await standing({ ...hosted, steps: [LOST, RETRIED] }, async ({ folder, env, state }) => {
      await until('the lost job and the retry', async () => {
        const { jobs } = await state();
        const over = jobs.filter(({ state: now }) => /finished/i.test(now)).map(({ step }) => step);
        return over.includes('lost') && over.filter((step) => step === 'retried').length === 2;
      });
      const out = join(folder, 'live.json');
      const service = { GAMEDAY_LIVE_THROW_AWAY: 'build-agent', GAMEDAY_LIVE_DRAIN: 'yes' };
      const { code, said } = await runBench({ ...variablesFor(env, out), ...service });
      expect(code, said).toBe(0);
      const text = await readFile(out, 'utf8');
      const { answers } = LiveDocument.parse(JSON.parse(text));
      const other = answers.filter(({ agrees }) => agrees === false);
      expect(Object.fromEntries(other.map(({ knob, seen }) => [knob, seen])), said).toEqual(TURNED);
      const by = new Map(answers.map((answer) => [answer.question, answer]));
      expect(by.get('points')).toMatchObject({ seen: true });
      expect(by.get('drain-stop-code')).toMatchObject({ seen: 'ServiceSchedulerInitiated', agrees: true });
      expect(by.get('signal-lag')?.evidence['longestMs']).toBeGreaterThanOrEqual(900);
      for (const { question, state: asked } of answers)
        expect(asked, question).toMatch(/answered|no-evidence/);
      expect(text).not.toMatch(/arn:|bkua_|[0-9]{12}|[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-/);
    });
  });

  test('reads only, unless a throw-away service is asked for', async () => {
    await standing({ steps: [RETRIED] }, async ({ folder, env, counts }) => {
      const out = join(folder, 'live.json');
      const { code, said } = await runBench(variablesFor(env, out));
      expect(code, said).toBe(0);
      const { answers } = LiveDocument.parse(JSON.parse(await readFile(out, 'utf8')));
      const left = answers.filter(({ needs }) => needs === 'throw-away service');
      expect(left.map(({ state }) => state)).toEqual(Array(5).fill('not-asked'));
      expect(await counts()).toMatchObject({ stopTaskLanded: {} });
    });
  });
});
