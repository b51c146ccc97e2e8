import { EventEmitter } from 'node:events';

import { afterEach, describe, expect, it } from 'vitest';

import { rigFile } from '../../src/rig/file-schema.ts';
import { RigLog } from '../../src/rig/log.ts';
import { Conductor } from '../../src/rig/script.ts';
import { World } from '../../src/rig/world.ts';
import { waitFor } from './ecs-support.ts';

const [taskA, taskB] = ['arn:task/a', 'arn:task/b'];
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Stage {
  readonly buildkite: EventEmitter;
  readonly ecs: EventEmitter;
  readonly did: [half: string, action: Record<string, unknown>][];
  readonly world: World;
}

/** Two halves that only record what they are told to do. */
function stage(...script: readonly Record<string, unknown>[]): Stage {
  const log = new RigLog(false);
  const [buildkite, ecs] = [new EventEmitter(), new EventEmitter()];
  log.follow('buildkite', buildkite);
  log.follow('ecs', ecs);
  const did: Stage['did'] = [];
  const record = (half: string) => (action: object) => {
    did.push([half, { ...action }]);
    return Promise.resolve(undefined);
  };
  const world = new World(log, record('ecs'), record('buildkite'));
  const file = { organization: 'o', cluster: 'c', pipelines: [{ slug: 's', steps: 'f' }], script };
  const conductor = new Conductor(rigFile.parse(file).script, world, log);
  closers.push(() => {
    conductor.close();
  });
  return { buildkite, ecs, did, world };
}

function happen(emitter: EventEmitter, event: string, details: object = {}): void {
  emitter.emit('event', { at: Date.now(), event, ...details });
}

async function played({ did }: Stage, count: number): Promise<Stage['did']> {
  return waitFor(`${count} actions`, () => Promise.resolve(did.length >= count ? did : undefined));
}

describe('the conductor', () => {
  it('does what a rule says, once, for its step alone', async () => {
    const on = stage({ on: 'job-started', step: 'integration', do: 'cancel-build', by: 'person' });
    happen(on.buildkite, 'job-started', { step: 'lint', buildId: 'b1' });
    happen(on.buildkite, 'job-started', { step: 'integration', buildId: 'b1' });
    happen(on.buildkite, 'job-started', { step: 'integration', buildId: 'b2' });
    const did = await played(on, 1);
    expect(did).toEqual([
      ['buildkite', { do: 'cancel-build', by: 'person', build: 'b1', step: 'integration' }],
    ]);
  });

  it('waits for the n-th time and for its delay', async () => {
    const on = stage({ on: 'job-finished', nth: 2, after: '50ms', do: 'retry-job', step: 'x' });
    const begin = Date.now();
    happen(on.buildkite, 'job-finished', { step: 'x', jobId: 'first' });
    happen(on.buildkite, 'job-finished', { step: 'x', jobId: 'second' });
    const did = await played(on, 1);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(45);
    expect(did).toHaveLength(1);
  });

  it('finds the host of a step through the tag of its agent', async () => {
    const on = stage({
      on: 'job-started',
      step: 'x',
      do: 'stop-task',
      task: 'host',
      reason: 'somebody else',
    });
    happen(on.buildkite, 'agent-connected', {
      agentId: 'a1',
      tags: ['queue=default', `ecs:task-arn=${taskA}`],
    });
    happen(on.buildkite, 'job-started', { step: 'x', agentId: 'a1' });
    expect(await played(on, 1)).toMatchObject([
      ['ecs', { do: 'stop-task', taskArn: taskA, reason: 'somebody else' }],
    ]);
  });

  it('tells the target task from the others', async () => {
    const on = stage(
      { on: 'container-stopped', task: 'other', do: 'start-deployment' },
      { on: 'agent-disconnected', task: 'struck', do: 'stop-agent', of: 'struck' },
    );
    happen(on.ecs, 'stop-requested', { taskArn: taskA, by: 'StopTask' });
    happen(on.ecs, 'container-stopped', { taskArn: taskA });
    happen(on.ecs, 'container-stopped', { taskArn: taskB });
    happen(on.buildkite, 'agent-disconnected', { taskArn: taskB });
    happen(on.buildkite, 'agent-disconnected', { taskArn: taskA });
    const did = await played(on, 2);
    expect(did.map(([half, action]) => [half, action['do'], action['taskArn']])).toEqual([
      ['ecs', 'start-deployment', taskA],
      ['buildkite', 'stop-agent', taskA],
    ]);
  });

  it('does not count a container that ends by itself as an injection', () => {
    const on = stage();
    happen(on.ecs, 'stop-requested', { taskArn: taskA, by: 'container' });
    expect(on.world.stopAccepted).toBe(false);
    happen(on.ecs, 'stop-requested', { taskArn: taskA, by: 'scheduler' });
    expect(on.world.stopAccepted).toBe(true);
  });
});
