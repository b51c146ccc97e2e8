import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { LOOK_HOLDS_FOR } from '../../src/state/last-look.ts';
import { documentIn, ROOT, startCli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { journalIn } from './support/case.ts';

const PRELOAD = fileURLToPath(new URL('support/freeze-at.mjs', import.meta.url));
let folder: string;
let scenario: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-frozen-'));
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  scenario = join(folder, 'scenarios', 'exec-form.yaml');
  // The step outlives the freeze, and the worker has 20 s to drain.
  const steps = join(folder, 'scenarios', 'pipelines', 'six-seconds.yaml');
  await writeFile(steps, (await readFile(steps, 'utf8')).replace('sleep 6', 'sleep 18'));
});
afterEach(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

test.each([
  ['GD_TARGET_REVERIFIED', 0],
  ['GD_FAULT_INTENDED', 1],
] as const)(
  'a runner that is frozen after %s for longer than its look holds sends nothing, and aims again',
  async (code, heldBack) => {
    const out = join(folder, 'out');
    const args = ['run', '--rig', '--json', '--out', out, scenario];
    const run = startCli(args, folder, { GAMEDAY_TEST_FREEZE_AT: code }, ['--import', PRELOAD]);
    const pid = run.child.pid ?? 0;
    await until('the runner to be frozen', () => isStopped(pid));
    const frozenAt = (await journalIn(out)).at(-1)?.at ?? Date.now();
    await until('its look to be too old', () => Promise.resolve(Date.now() > frozenAt + LOOK_HOLDS_FOR));
    process.kill(pid, 'SIGCONT');
    const { code: exit } = await run.ended;
    const events = await journalIn(out);
    const sent = eventsOf(events, 'GD_FAULT_SENT').map(({ payload }) => payload.trouble?.kind ?? 'sent');
    const expected = [...Array<string>(heldBack).fill('outdated'), 'sent'];
    expect({ exit, sent }, run.stderr()).toEqual({ exit: 0, sent: expected });
    expect(eventsOf(events, 'GD_TARGET_CHOSEN')).toHaveLength(2);
    expect(documentIn(run.stdout())).toMatchObject({ outcome: 'passed', reason: 'drained' });
    if (heldBack > 0) expect(run.stderr()).toMatch(/nothing was injected: not sent: the last read/);
  },
);
