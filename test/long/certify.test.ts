import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, ROOT, startCli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';

/** Services of one worker, each with a queue and a pipeline of its own, so that their drills run at the same time. */
const SERVICES = ['blue', 'green', 'red', 'white'];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-certify-long-'));
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const path = join(ROOT, 'scenarios/task-definitions/exec-form.json');
  const definition = JSON.parse(readFileSync(path, 'utf8')) as { containerDefinitions: object[] };
  for (const name of SERVICES) {
    const environment = [{ name: 'BUILDKITE_AGENT_TAGS', value: `queue=${name}` }];
    const containerDefinitions = definition.containerDefinitions.map((one) => ({ ...one, environment }));
    put(`${name}.json`, JSON.stringify({ ...definition, family: name, containerDefinitions }));
    put(
      `${name}-steps.yaml`,
      `steps: [{ key: integration, command: sleep 3, agents: { queue: ${name} } }]\n`,
    );
    put(
      `${name}.yaml`,
      `version: 1
title: A ${name} worker drains
build: { organization: acme, pipeline: ${name} }
cluster: { region: us-east-1, name: build-prod, service: ${name} }
when: { step: integration, inFlightFor: 500ms, startWithin: 60s }
inject: { fault: stop-task }
limits: { verdictWithin: 60s, pollEvery: 300ms }
rig: rig.yaml
`,
    );
  }
  const services = SERVICES.map((name) => ({
    ...{ name, taskDefinition: `${name}.json`, desiredCount: 2, launchType: 'FARGATE' },
  }));
  const pipelines = SERVICES.map((slug) => ({ slug, steps: `${slug}-steps.yaml` }));
  const rig = {
    ...{ organization: 'acme', region: 'us-east-1', cluster: 'build-prod', lostAfter: '3s' },
    // Buildkite's 5,000 points would pay for about sixteen of these drills in five minutes.
    knobs: { userPoints: 100_000 },
  };
  put('rig.yaml', JSON.stringify({ ...rig, services, pipelines }));
});
afterAll(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('a good worker is certified to 5 % in 62 drills, although certify is killed in the middle', async () => {
  const args = [
    ...['certify', '--rig', '--ledger', join(folder, 'ledger'), '--out', join(folder, 'drills')],
    ...['--claim', 'lost-given-stop < 5 % at 95 %', '--parallel', '4', '--reporter', 'log', '--json'],
    ...SERVICES.map((name) => `${name}.yaml`),
  ];
  const first = startCli(args, folder);
  await first.said('certify: drill 20;');
  first.child.kill('SIGKILL');
  await first.ended;
  const { code, stdout } = await cli(args, folder);
  const document = JSON.parse(stdout) as {
    readonly workers: readonly { readonly judged: { readonly counts: Readonly<Record<string, number>> } }[];
  };
  expect(document).toMatchObject({ outcome: 'clean', answer: 'held', stop: 'decided', missing: 0 });
  // One worker, on four services. Drills whose rig was killed under them are counted beside.
  expect(document.workers).toHaveLength(1);
  const { held = 0, failed, undecided = 0, inconclusive = 0 } = document.workers[0]?.judged.counts ?? {};
  expect({ held, failed }).toEqual({ held: 62, failed: 0 });
  expect(undecided + inconclusive).toBeLessThanOrEqual(4);
  expect(code).toBe(0);
});
