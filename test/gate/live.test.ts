import { expect, test } from 'vitest';
import { readWorkerOfFile, readWorkerOfService } from '../../src/gate/live.ts';
import type { GateFlags } from '../../src/gate/options.ts';
import { GamedayError } from '../../src/model/errors.ts';
import { aContainer, aTask, aTaskDefinition, DEFINITION_ARN, aService } from '../support/builders.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { WORKER } from '../support/ledger-documents.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { signal } = new AbortController();
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const flags = {
  ...{ cluster: 'build-prod', service: 'build-agents', fault: 'stop-task', 'agent-version': '3.138.0' },
} as GateFlags;
const definition = aTaskDefinition({ platform: 'LINUX' });

function fleet(...tasks: readonly Parameters<typeof aTask>[0][]): ReturnType<typeof fakeEcs> {
  const all = tasks.map((over, index) =>
    aTask({ arn: `arn:aws:ecs:us-east-1:1:task/build-prod/${String(index)}`, ...over }),
  );
  return fakeEcs({ tasks: all, services: [aService()], definitions: [definition] });
}

test('the worker of a running service is the one that its drills write down', async () => {
  const asked = await readWorkerOfService(fleet({}, {}), flags, {}, signal);
  expect(asked).toEqual({ said: 'service build-agents in build-prod', worker: WORKER, unknowns: [] });
});

test('two images behind one tag are no one worker, and tasks of another definition are named', async () => {
  const ecs = fleet(
    {},
    { containers: [aContainer({ imageDigest: OTHER })] },
    { definition: DEFINITION_ARN.replace(/\d+$/, '99'), containers: [aContainer({ imageDigest: OTHER })] },
  );
  const { worker, unknowns } = await readWorkerOfService(ecs, flags, {}, signal);
  expect(worker.containers[0]?.image.digest).toBeNull();
  expect(unknowns.slice(-2)).toEqual([
    'tasks of the service run 2 different images in container agent',
    '1 tasks of the service run another definition',
  ]);
  // Named by a person, it is known again.
  const named = await readWorkerOfService(ecs, flags, { agent: DIGEST }, signal);
  expect(named.worker).toEqual(WORKER);
});

test('a digest for a container that is not there is bad input', async () => {
  const read = readWorkerOfService(fleet({}), flags, { gateway: DIGEST }, signal);
  await expect(read).rejects.toThrow(GamedayError);
  await expect(read).rejects.toThrow('--image-digest: there is no container "gateway"');
});

test('a service that ECS does not know is named as such', async () => {
  const read = readWorkerOfService(fleet({}), { ...flags, service: 'nobody' }, {}, signal);
  await expect(read).rejects.toThrow('ECS knows no service "nobody"');
});

test('the worker of a definition in a file is the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-gate-'));
  const file = join(folder, 'task.json');
  const containerDefinitions = [{ name: 'agent', command: ['buildkite-agent', 'start'], stopTimeout: 120 }];
  writeFileSync(
    file,
    JSON.stringify({ family: 'f', requiresCompatibilities: ['FARGATE'], containerDefinitions }),
  );
  try {
    const { worker } = await readWorkerOfFile(file, flags, { agent: DIGEST });
    expect(worker).toEqual(WORKER);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
