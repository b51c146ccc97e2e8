import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, documentIn, exportsIn, ROOT, startCli } from '../support/cli.ts';
import { json, startServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';
import { startGate } from '../long/support/gate.ts';
import { agentFlags, withAgent } from './support/agents.ts';
import { drill, inFolder, meets, surroundings } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { writeCase } from './support/files.ts';
import type { CaseFiles } from './support/files.ts';
import { gatewayCase, gatewayLine, gatewayName, gatewayRows, mayGoOn, measured } from './support/gateway.ts';
import type { GatewayRow } from './support/gateway.ts';

const SIDECARS = join(ROOT, 'scenarios', 'sidecars');

/** Every shipped scenario with a sidecar, its answer, and how long its stop may take. */
const SHIPPED: readonly (readonly [scenario: string, Expected, stopWindow: object])[] = [
  [
    'gateway-drained',
    {
      ...{ exit: 0, outcome: 'passed', reason: 'drained', sent: 1 },
      says: [
        /container gateway exited 0, and agent depends on it/,
        /gateway finished the 2 calls that it had begun/,
      ],
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
      says: [
        /gateway left 1 half-finished call \(from 1 begun, 0 finished, 0 cut to 1 begun, 0 finished, 1 cut\)$/m,
        /container gateway was STOPPED while agent still ran/,
        /nothing orders the stop/,
      ],
    },
    { ms: 20_000, chain: [{ container: 'agent', ms: 20_000, by: 'definition' }] },
  ],
  [
    // Every other check holds: but for the counter the drill would have passed.
    'gateway-failover',
    {
      ...{ exit: 10, outcome: 'failed', reason: 'sidecar-cut', cause: 'sidecar-broke', sent: 1 },
      says: [/gateway left 1 half-finished call .*; the job passed all the same: failover papered over it/],
    },
    {
      ms: 25_000,
      chain: [
        { container: 'agent', ms: 20_000, by: 'definition' },
        { container: 'spare', ms: 5_000, by: 'definition' },
      ],
    },
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

const COUNTED: GatewayRow = gatewayRows[0] as GatewayRow;

/** The case of a gateway that is counted so. */
function countedCase(flushed: object): CaseFiles {
  const files = gatewayCase(COUNTED, 'true');
  const gateway = { exit: 0, outlives: 'agent', flushed: { ...flushed, stillFor: '1s' } };
  return { ...files, scenario: { ...files.scenario, expect: { containers: { gateway } } } };
}

test('a counter is read at an address, and nobody is shown the secrets in it', async () => {
  const counters = await startServer((_seen, response, nth) =>
    json(response, 200, nth === 1 ? { begun: 7, finished: 6, cut: 0 } : { begun: 9, finished: 8, cut: 1 }),
  );
  try {
    await inFolder(async (folder) => {
      const url = `${counters.url}/calls/{task}/{container}?api_key=Horse-Battery-1`;
      const scenario = await writeCase(folder, countedCase({ url }));
      const played = await drill(folder, ['run', '--rig', scenario], {}, () => []);
      meets(played, {
        ...{ exit: 10, outcome: 'failed', reason: 'sidecar-cut', cause: 'sidecar-broke', sent: 1 },
        says: [/gateway left 1 half-finished call/],
      });
      const task = played.drill.target?.taskArn.split('/').at(-1) ?? '';
      expect(new Set(counters.requests.map(({ path }) => path))).toEqual(
        new Set([`/calls/${task}/gateway?api_key=Horse-Battery-1`]),
      );
      const shown = [played.stderr, JSON.stringify([played.document, played.journal])].join('');
      expect(shown).not.toContain('Horse-Battery-1');
    });
  } finally {
    await counters.close();
  }
});

test('a counter that cannot be read before the stop stops nothing', async () => {
  await inFolder(async (folder) => {
    const scenario = await writeCase(folder, countedCase({ command: ['cat', join(folder, '{task}.json')] }));
    const played = await drill(folder, ['run', '--rig', scenario], {}, () => []);
    meets(played, {
      ...{ exit: 4, outcome: 'could-not-run', reason: 'counter-unreadable', sent: 0 },
      says: [/counter of gateway: its command ended with exit code 1/],
    });
  });
});

test('under --rig no counter is asked of another machine', async () => {
  await inFolder(async (folder) => {
    const scenario = await writeCase(folder, countedCase({ url: 'https://metrics.example.com/{task}' }));
    const ended = await cli(['run', '--rig', scenario, '--json'], folder, surroundings(folder));
    expect(ended.code).toBe(2);
    expect(documentIn(ended.stdout).errors).toEqual([
      {
        at: scenario,
        message: expect.stringMatching(
          /^expect\.containers\.gateway\.flushed\.url: metrics\.example\.com is not this machine/,
        ) as string,
        next: 'Use a loopback address.',
      },
    ]);
  });
});

test('a drill that is killed between the stop and the end of the task takes the count from its journal', async () => {
  await inFolder(async (folder) => {
    const up = startCli(
      ['rig', 'up', join(ROOT, 'scenarios', 'rigs', 'gateway-failover.yaml')],
      folder,
      surroundings(folder),
    );
    try {
      await up.said('The rig runs');
      const env = {
        ...surroundings(folder),
        ...exportsIn(up.stdout()),
        GAMEDAY_STATE_DIR: join(folder, 'state'),
      };
      const run = startCli(['run', '--yes', join(SIDECARS, 'gateway-failover.yaml')], folder, env);
      await run.said('the stop landed');
      const [, id = ''] = /drill (\S+):/.exec(run.stderr()) ?? [];
      // What proves that the job was in flight must be read by then: a busy machine may resume too late for it.
      await until('a read of the job after the stop', async () => {
        const journal = await readFile(join(folder, '.gameday', id, 'journal.jsonl'), 'utf8');
        const [, after = ''] = journal.split('GD_FAULT_LANDED');
        return /"subject":\{"kind":"job"/.test(after);
      });
      run.child.kill('SIGKILL');
      await run.ended;
      const resumed = documentIn((await cli(['resume', id, '--json'], folder, env)).stdout);
      expect(resumed).toMatchObject({ outcome: 'failed', reason: 'sidecar-cut' });
      expect(resumed.drills[0]?.sidecars).toEqual([
        {
          container: 'gateway',
          before: { begun: 1, finished: 0, cut: 0 },
          after: { begun: 1, finished: 0, cut: 1 },
          halfFinished: 1,
          hidden: true,
        },
      ]);
      const judged = await cli(['analyze', id, '--json'], folder, env);
      expect(documentIn(judged.stdout).drills[0]?.notes[0]).toBe(
        'judged again: the same verdict, failed: sidecar-cut',
      );
    } finally {
      up.child.kill('SIGTERM');
      await up.ended;
    }
  });
});
