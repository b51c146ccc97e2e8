import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';
import type { HandAgent, HandJob } from './buildkite-hand-agent.ts';

const RETRIED = 'steps: [{ key: one, command: "true", retry: { automatic: { exit_status: 7 } } }]';
const BUILD = '/v2/organizations/acme/pipelines/canary/builds/1';

describe("artifacts in the rig's Buildkite", () => {
  let bench: Bench;
  afterEach(() => bench.close());

  /** Announces, uploads and finishes one artifact, as an agent does. */
  async function upload(agent: HandAgent, job: HandJob, path: string, text: string): Promise<void> {
    const artifacts = [{ path, absolute_path: `/w/${path}`, glob_path: '**/*', file_size: text.length }];
    const { body } = await agent.call(
      'POST',
      `/jobs/${job.id}/artifacts`,
      { id: path + job.id, artifacts },
      job.token,
    );
    const [id] = field(body, 'artifact_ids') as readonly string[];
    expect(field(body, 'upload_instructions')).toMatchObject({
      action: { method: 'POST', file_input: 'file' },
    });
    const form = new FormData();
    const data = field(body, 'upload_instructions', 'data') as Readonly<Record<string, string>>;
    for (const [name, value] of Object.entries(data)) form.set(name, value.replace('${artifact:path}', path));
    form.set('file', new File([text], path));
    const action = field(body, 'upload_instructions', 'action');
    const address = `${String(field(action, 'url'))}/${String(field(action, 'path'))}`;
    expect((await fetch(address, { method: 'POST', body: form })).status).toBe(204);
    const finished = { artifacts: [{ id, state: 'finished' }] };
    await agent.call('PUT', `/jobs/${job.id}/artifacts`, finished, job.token);
  }

  async function found(agent: HandAgent, job: HandJob, asked: string): Promise<readonly unknown[]> {
    const build = String(field(job.env, 'BUILDKITE_BUILD_ID'));
    const path = `/builds/${build}/artifacts/search?state=finished&${asked}`;
    return (await agent.call('GET', path, undefined, job.token)).body as readonly unknown[];
  }

  it('BK-56: an artifact is found by a glob and fetched; those of retried jobs only if asked for', async () => {
    bench = await openBench({ canary: RETRIED });
    const agent = await handAgent(bench);
    await bench.create();
    const first = await agent.take();
    await first.start();
    await upload(agent, first, 'out/0/a.txt', 'first');
    await upload(agent, first, 'out/same.txt', 'old');
    await first.finish('7');
    const second = await agent.take();
    await second.start();
    await upload(agent, second, 'out/1/a.txt', 'second');
    await upload(agent, second, 'out/same.txt', 'new');
    const paths = async (asked: string): Promise<readonly unknown[]> =>
      (await found(agent, second, asked)).map((one) => field(one, 'path'));
    expect(await paths('query=out/**/*')).toEqual(['out/1/a.txt', 'out/same.txt']);
    const all = 'query=out/**/*&include_retried_jobs=true';
    expect(await paths(all)).toEqual(['out/0/a.txt', 'out/same.txt', 'out/1/a.txt']);
    expect(await paths(`${all}&include_duplicates=true`)).toHaveLength(4);
    expect(await paths('query=*.log')).toEqual([]);
    expect(await paths('query=out/**/*&scope=two')).toEqual([]);
    const [same] = await found(agent, second, 'query=out/same.txt&include_retried_jobs=true');
    expect(await (await fetch(String(field(same, 'url')))).text()).toBe('new');
  });

  it('BK-56: what was announced and not uploaded is not finished, and a stranger finds nothing', async () => {
    bench = await openBench({ canary: RETRIED });
    const agent = await handAgent(bench);
    await bench.create();
    const job = await agent.take();
    await job.start();
    const artifacts = [{ path: 'a.txt', file_size: 1 }];
    await agent.call('POST', `/jobs/${job.id}/artifacts`, { id: 'b', artifacts }, job.token);
    expect(await found(agent, job, 'query=*')).toEqual([]);
    const build = String(field(job.env, 'BUILDKITE_BUILD_ID'));
    const asked = await bench.agentCall('GET', `/builds/${build}/artifacts/search?query=*`, 'stranger');
    expect(asked.status).toBe(401);
  });

  it('BK-56: REST lists artifacts, and download leads to the content', async () => {
    bench = await openBench({ canary: RETRIED });
    const agent = await handAgent(bench);
    await bench.create();
    const job = await agent.take();
    await job.start();
    await upload(agent, job, 'out/a.txt', 'hello');
    const headers = { authorization: `Bearer ${bench.rig.apiToken}` };
    const listed: unknown = await (await fetch(`${bench.rig.url}${BUILD}/artifacts`, { headers })).json();
    expect(listed).toMatchObject([
      { path: 'out/a.txt', filename: 'a.txt', dirname: 'out', state: 'finished', job_id: job.id },
    ]);
    const address = String(field(listed, 0, 'download_url'));
    expect(await (await fetch(address, { headers })).text()).toBe('hello');
  });
});
