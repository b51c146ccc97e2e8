import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drill, inFolder } from '../e2e/support/case.ts';
import type { Played } from '../e2e/support/case.ts';
import { realAgent } from '../e2e/support/agents.ts';
import { ROOT } from '../support/cli.ts';

const sound = realAgent();

function played(agent: readonly string[]): Promise<Played> {
  const scenario = join(ROOT, 'scenarios', 'heartbeats-stop.yaml');
  return inFolder((folder) => drill(folder, ['run', '--rig', scenario, ...agent], {}, () => []));
}

describe.concurrent('the shipped scenario of heartbeats that stop', () => {
  test('BK-51: is lost with the stand-in, whose heartbeats stop at SIGTERM', async () => {
    const { code, drill } = await played([]);
    expect({ code, reason: drill.reason }, drill.said).toEqual({ code: 10, reason: 'lost' });
    expect(drill.cause?.ranked[0]?.name).toBe('heartbeats-stopped');
  });

  // A test that cannot be run is not there.
  if (sound !== null)
    test('is drained with an agent whose heartbeats go on', async () => {
      const { code, drill } = await played(['--agent', sound]);
      expect({ code, reason: drill.reason }, drill.said).toEqual({ code: 0, reason: 'drained' });
    });
});
