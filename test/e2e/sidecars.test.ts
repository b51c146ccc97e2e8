import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { startGate } from '../long/support/gate.ts';
import { agentFlags, withAgent } from './support/agents.ts';
import { drill, inFolder, meets } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { writeCase } from './support/files.ts';
import { gatewayCase, gatewayLine, gatewayName, gatewayRows, mayGoOn, measured } from './support/gateway.ts';
import type { GatewayRow } from './support/gateway.ts';

const SIDECARS = join(ROOT, 'scenarios', 'sidecars');

/** Every shipped scenario with a sidecar, its answer, and how long its stop may take. */
const SHIPPED: readonly (readonly [scenario: string, Expected, stopWindow: object])[] = [
  [
    'gateway-drained',
    {
      ...{ exit: 0, outcome: 'passed', reason: 'drained', sent: 1 },
      says: [/container gateway exited 0, and agent depends on it/],
    },
    {
      ms: 25_000,
      chain: [
        { container: 'agent', ms: 20_000, by: 'definition' },
        { container: 'gateway', ms: 5_000, by: 'definition' },
      ],
      agent: { signalled: 0, killed: 20_000 },
      limit: null,
      cut: [],
    },
  ],
  [
    'gateway-cut',
    {
      ...{
        exit: 10,
        outcome: 'failed',
        reason: 'sidecar-cut',
        cause: 'sidecar-first',
        decided: false,
        sent: 1,
      },
      says: [/container gateway was STOPPED while agent still ran/, /nothing orders the stop/],
    },
    { ms: 20_000, chain: [{ container: 'agent', ms: 20_000, by: 'definition' }] },
  ],
];

describe.concurrent('a shipped scenario', () => {
  test.each(SHIPPED)(withAgent('%s'), async (scenario, expected, stopWindow) => {
    await inFolder(async (folder) => {
      const args = ['run', '--rig', join(SIDECARS, `${scenario}.yaml`), ...agentFlags('real')];
      const played = await drill(folder, args, {}, () => []);
      meets(played, expected);
      expect(played.drill.stopWindow).toMatchObject(stopWindow);
    });
  });
});

test('every shipped scenario with a sidecar is among them', async () => {
  const files = (await readdir(SIDECARS)).map((name) => name.replace(/\.yaml$/, ''));
  expect(SHIPPED.map(([scenario]) => scenario).toSorted()).toEqual(files.toSorted());
});

async function playRow(row: GatewayRow): Promise<Played> {
  const gate = await startGate();
  try {
    return await inFolder(async (folder) => {
      const scenario = await writeCase(folder, gatewayCase(row, gate.command));
      return drill(folder, ['run', '--rig', scenario], {}, (events) => {
        if (mayGoOn(row, events)) gate.open();
        return [];
      });
    });
  } finally {
    await gate.close();
  }
}

describe.concurrent('a gateway beside the agent', () => {
  test.each(gatewayRows.map((row) => [gatewayName(row), row] as const))('%s', async (_name, row) => {
    const played = await playRow(row);
    meets(played, row.expected);
    const { inFlight, next, gatewayExit } = row;
    expect(measured(played)).toEqual({ inFlight, next, gatewayExit });
  });
});

test('the table of the documentation is the one that is played', async () => {
  const page = await readFile(join(ROOT, 'docs', 'how-to', 'watch-a-sidecar.md'), 'utf8');
  const lines = page.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
  const rows = gatewayRows.map(gatewayLine);
  const first = lines.indexOf(rows[0] ?? '');
  expect(lines.slice(first, first + rows.length)).toEqual(rows);
  expect(lines[first + rows.length]).toBe('');
});
