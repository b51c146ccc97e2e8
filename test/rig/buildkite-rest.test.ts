import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench, someText } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';

const ONE = 'steps: [{ key: one, command: "true", agents: { queue: deploy } }]';
const BUILDS = '/organizations/acme/pipelines/canary/builds';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

describe('what other clients ask the Buildkite of the rig for', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function call(path: string, method = 'GET', body?: unknown): Promise<Answer> {
    const answer = await fetch(`${bench.rig.url}/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${bench.rig.apiToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  it('BK-3: REST names both limits in its headers, warns, and says how long to wait', async () => {
    bench = await openBench({ canary: ONE }, { limits: { restUser: 6 } });
    const first = await call('/user');
    const told = (answer: Answer, name: string): string | null => answer.headers.get(name);
    expect(told(first, 'ratelimit-scope')).toBe('rest');
    expect(told(first, 'ratelimit-user-scope')).toBe('rest_user');
    expect([told(first, 'ratelimit-remaining'), told(first, 'ratelimit-limit')]).toEqual(['199', '200']);
    expect([told(first, 'ratelimit-user-remaining'), told(first, 'ratelimit-user-limit')]).toEqual([
      '5',
      '6',
    ]);
    expect(told(first, 'ratelimit-user-warning')).toBeNull();
    for (let left = 4; left > 0; left -= 1) await call('/user');
    expect(told(await call('/user'), 'ratelimit-user-warning')).toEqual(someText);
    const limited = await call('/user');
    const reset = Number(told(limited, 'ratelimit-user-reset'));
    expect(limited).toMatchObject({
      status: 429,
      body: {
        message: `You have exceeded your API rate limit. Please wait ${reset} seconds before making more requests.`,
        ...{ scope: 'rest_user', limit: 6, current: 7, reset },
      },
    });
  });

  it('BK-54: builds are created, listed by page and filter, shown and canceled', async () => {
    bench = await openBench({ canary: ONE, other: ONE });
    const wish = {
      branch: 'main',
      commit: 'HEAD',
      message: 'by hand',
      env: { A: 'b' },
      meta_data: { k: 'v' },
    };
    const made = await call(BUILDS, 'POST', { ...wish, clean_checkout: false, author: { name: 'n' } });
    expect(made).toMatchObject({
      status: 201,
      body: { number: 1, state: 'scheduled', env: { A: 'b' }, meta_data: { k: 'v' }, web_url: someText },
    });
    await bench.create();
    await bench.create('other');
    const numbers = async (query: string, of = BUILDS): Promise<unknown> => {
      const { body } = await call(`${of}?${query}`);
      return Array.isArray(body) ? body.map((build) => field(build, 'number')) : body;
    };
    expect(await numbers('')).toEqual([2, 1]);
    expect(await numbers('', '/organizations/acme/builds')).toHaveLength(3);
    expect(await numbers('meta_data[k]=v&branch[]=main&state[]=scheduled')).toEqual([1]);
    expect(await numbers('state[]=passed')).toEqual([]);
    expect(await numbers('page=2&per_page=1')).toEqual([1]);
    expect((await call(`${BUILDS}?per_page=1`)).headers.get('link')).toMatch(/page=2>; rel="next"/);
    expect(await call(`${BUILDS}?finished_from=2020-01-01`)).toMatchObject({
      status: 501,
      body: {
        message: `The rig of gameday does not model the parameter "finished_from" of GET /v2${BUILDS}`,
      },
    });
    const slim = (await call(`${BUILDS}/1?exclude_jobs=true&exclude_pipeline=true`)).body;
    expect([field(slim, 'jobs'), field(slim, 'pipeline')]).toEqual([undefined, undefined]);
    expect((await call(`${BUILDS}/1/artifacts`)).body).toEqual([]);
    expect((await call(`${BUILDS}/1/annotations`)).body).toEqual([]);
    expect(await call(`${BUILDS}/1/cancel`, 'PUT')).toMatchObject({
      status: 200,
      body: { state: 'canceled' },
    });
    expect(await call(`${BUILDS}/1/cancel`, 'PUT')).toMatchObject({
      status: 422,
      body: { message: someText },
    });
  });

  it('BK-54: a build that cannot be created says why', async () => {
    bench = await openBench({ canary: ONE });
    expect((await call(BUILDS, 'POST', { message: 'm' })).status).toBe(422);
    const more = { branch: 'main', commit: 'HEAD', pull_request_id: 7 };
    expect(await call(BUILDS, 'POST', more)).toMatchObject({
      status: 501,
      body: { message: `The rig of gameday does not model the field "pull_request_id" of POST /v2${BUILDS}` },
    });
    expect((await call(BUILDS.replace('canary', 'none'), 'POST', more)).status).toBe(404);
    expect((await call(BUILDS)).body).toEqual([]);
    expect((await call('/organizations/acme/pipelines/canary')).body).toMatchObject({
      default_branch: 'main',
    });
    expect((await call('/organizations/acme/pipelines')).body).toHaveLength(1);
  });

  it('BK-55: agents that are there are listed with their queue, and lost ones are not', async () => {
    bench = await openBench({ canary: ONE });
    const here = await handAgent(bench, ['queue=deploy'], 'here');
    const gone = await handAgent(bench, [], 'gone');
    await gone.call('POST', '/disconnect');
    gone.fallSilent();
    const path = '/organizations/acme/agents';
    expect((await call(path)).body).toMatchObject([
      { id: here.id, name: 'here', queue: 'deploy', connection_state: 'connected' },
    ]);
    expect((await call(`${path}?name=gone`)).body).toEqual([]);
    expect((await call(`${path}?cluster_queue_id=x`)).status).toBe(501);
    expect((await call(`${path}/${gone.id}`)).body).toMatchObject({ connection_state: 'disconnected' });
  });

  it('BK-53: metrics count agents and jobs by queue, for the registration token alone', async () => {
    bench = await openBench({ canary: ONE });
    const agent = await handAgent(bench, ['queue=deploy']);
    await handAgent(bench);
    await bench.create();
    const job = await agent.take();
    await job.start();
    await bench.create();
    const metrics = async (path: string, token: string): Promise<unknown> =>
      (await bench.agentCall('GET', path, token)).json();
    const deploy = {
      agents: { idle: 0, busy: 1, total: 1 },
      jobs: { scheduled: 1, running: 1, waiting: 0, total: 2 },
    };
    expect(await metrics('/metrics/queue?name=deploy', bench.rig.agentToken)).toEqual({
      ...deploy,
      organization: { slug: 'acme' },
    });
    expect(await metrics('/metrics', bench.rig.agentToken)).toMatchObject({
      agents: {
        idle: 1,
        busy: 1,
        total: 2,
        queues: { deploy: deploy.agents, default: { idle: 1, total: 1 } },
      },
      jobs: { ...deploy.jobs, queues: { deploy: deploy.jobs } },
      organization: { slug: 'acme' },
    });
    expect(await metrics('/metrics', agent.token)).toMatchObject({ message: someText });
  });
});
