import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';
import { needsPid1 } from '../support/pid1.ts';
import { until } from '../support/until.ts';
import { drill, meets } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { SHELL } from './support/files.ts';
import type { CaseFiles } from './support/files.ts';
import { ENDLESS, held } from './support/gates.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

/** A build of the rig's own, in flight; `assert` is asked about it. */
async function asserted(
  given: CaseFiles,
  meanwhile: (stage: Standing) => Promise<unknown>,
  expected: Expected,
  more: readonly string[] = [],
): Promise<void> {
  const rig = { ...given.rig, builds: [{ pipeline: 'canary' }] };
  await standing({ ...given, standalone: 2, rig }, async (stage) => {
    await until('the job in flight', async () =>
      (await stage.state()).jobs.some(({ state }) => state === 'RUNNING'),
    );
    await meanwhile(stage);
    meets(await ask(stage, more), expected);
  });
}

function ask(stage: Standing, more: readonly string[] = []): Promise<Played> {
  const args = ['assert', '--build', 'acme/canary/1', '--poll-every', '300ms', ...more];
  return drill(stage.folder, args, { ...stage.env, HOOK_URL: hooks.url }, () => []);
}

function open(stage: Standing): Promise<void> {
  return writeFile(join(stage.folder, 'gates', 'struck'), '');
}

function deploy(stage: Standing): Promise<unknown> {
  return stage.act({ do: 'stop-task', task: 'host', step: 'integration', reason: 'a deploy' });
}

let hooks: TestServer;
beforeAll(async () => {
  hooks = await startServer((_seen, response) => response.writeHead(204).end());
});
afterAll(async () => hooks.close());

describe.concurrent('assert judges a build that something else disturbed', () => {
  test('no stop, and the build passes: not lost, which proves no drain', async () => {
    await asserted({ steps: [{ key: 'integration', command: held() }] }, open, {
      exit: 0,
      outcome: 'not-lost',
      reason: 'not-lost',
    });
  });

  // Looked at only afterwards, the stop is proven to lie in the job by the agent's own report.
  test('a stop by other means, drained, which people are told', async () => {
    await asserted(
      { steps: [{ key: 'integration', command: held() }], rig: { standInAgent: 'reporting' } },
      async (stage) => {
        await deploy(stage);
        await open(stage);
      },
      { exit: 0, outcome: 'passed', reason: 'drained', says: [/"a deploy"/] },
      ['--notify', 'webhook=HOOK_URL'],
    );
    expect(hooks.requests.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { about: 'end', outcome: 'passed', reason: 'drained', fault: 'found', build: { number: 1 } },
    ]);
  });

  needsPid1('a stop by other means, lost', async () => {
    await asserted(
      {
        container: { argv: SHELL, stopTimeout: 3 },
        steps: [{ key: 'integration', command: ENDLESS }],
        rig: { lostAfter: '4s' },
      },
      deploy,
      { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', says: [/SIGTERM was eaten/] },
    );
  });
});
