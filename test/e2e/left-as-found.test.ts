import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/replay.ts';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { cli, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { surroundings } from './support/case.ts';
import { writeScenario } from './support/files.ts';
import type { CaseFiles } from './support/files.ts';
import { ENDLESS } from './support/gates.ts';
import { onHosts } from './support/hosts.ts';
import { placesIn } from './support/places.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const GIVEN: CaseFiles = {
  steps: [{ key: 'integration', command: ENDLESS }],
  scenario: { inject: { fault: 'scale-in' }, expect: { build: 'any' } },
};
const LANDED = 'the stop landed';
const ABORT = ['abort', '--cluster', 'build-prod', '--service', 'build-agents', '--yes'];

/** Starts a drill against the standing rig. */
async function begin({ folder, env }: Standing, over: CaseFiles['scenario'] = {}): Promise<Cli> {
  const file = await writeScenario(
    folder,
    { ...GIVEN, scenario: { ...GIVEN.scenario, ...over } },
    'drill.yaml',
  );
  return startCli(['run', file, '--yes', '--out', join(folder, 'out')], folder, {
    ...surroundings(folder),
    ...env,
  });
}

async function journalOf({ folder }: Standing): Promise<readonly DrillEvent[]> {
  const [drill = ''] = await readdir(join(folder, 'out'));
  const { events, torn } = await readJournal(join(folder, 'out', drill, 'journal.jsonl'));
  expect(torn).toBe(false);
  return events;
}

/** Another machine: no state directory, no journals. */
function elsewhere({ folder, env }: Standing): Readonly<Record<string, string>> {
  return { ...env, ...surroundings(folder), GAMEDAY_STATE_DIR: join(folder, 'other-state') };
}

/** The services take what is sent to them, and answer nothing for as long as the work takes. */
async function whileSilent({ folder }: Standing, work: () => Promise<void>): Promise<void> {
  const pids = await processesWith(join(folder, 'rig.yaml'));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

async function desiredIn({ env }: Standing): Promise<number | undefined> {
  return (await placesIn(env)).desired[0];
}

describe.concurrent('a mark', () => {
  test('that AWS denies stops the drill before its fault, and names the right', async () => {
    const faulty = {
      ecs: [{ operation: 'TagResource', count: 'forever', do: { error: 'AccessDeniedException' } }],
    };
    await standing({ ...GIVEN, rig: { faulty } }, async (stage) => {
      const { code, drill, journal } = await stage.run();
      expect({ code, ...drill }).toMatchObject({ code: 4, outcome: 'could-not-run', reason: 'aws-denied' });
      expect(drill.said).toContain('TagResource');
      const sent = eventsOf(journal, 'GD_FAULT_INTENDED').map(({ payload }) => payload.call.kind);
      expect(sent).toEqual(['mark-service']);
      expect(await placesIn(stage.env)).toMatchObject({ desired: [2], marks: [] });
    });
  });

  test('that has no room among the tags of the service ends the drill before a build is started', async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key-${String(at)}`, '']));
    const where = { taskDefinition: 'agent.json', launchType: 'FARGATE' };
    const services = [{ name: 'build-agents', desiredCount: 2, ...where, tags }];
    await standing({ ...GIVEN, rig: { services } }, async (stage) => {
      const { code, drill } = await stage.run();
      expect({ code, ...drill }).toMatchObject({
        ...{ code: 4, outcome: 'could-not-run', reason: 'fault-refused' },
        said: expect.stringMatching(/has 50 tags, as many as ECS allows.* safety\.mark: off/) as string,
      });
      expect((await stage.state()).builds).toEqual([]);
      expect(await placesIn(stage.env)).toMatchObject({ desired: [2], marks: [] });
    });
  });

  test('that is off is not set, and a signal ends the drill without an undo', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage, { safety: { mark: 'off' } });
      await run.said(LANDED);
      run.child.kill('SIGTERM');
      expect(await run.ended).toEqual({ code: 143, signal: null });
      expect(await placesIn(stage.env)).toMatchObject({ desired: [1], marks: [] });
      const codes = (await journalOf(stage)).map(({ code }) => code);
      expect(codes.at(-1)).toBe('GD_INTERRUPTED');
      expect(codes).not.toContain('GD_UNDO_BEGUN');
    });
  });
});

describe.concurrent('a drill that leaves nothing to put back', () => {
  test('ends at a signal although the services answer nothing, and closes its journal', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage, { inject: { fault: 'stop-task' } });
      await run.said(LANDED);
      await whileSilent(stage, async () => {
        run.child.kill('SIGTERM');
        expect(await run.ended).toEqual({ code: 143, signal: null });
      });
      // Half a second after the signal the process ends by force, and this would not be written.
      const codes = (await journalOf(stage)).map(({ code }) => code);
      expect(codes.at(-1)).toBe('GD_INTERRUPTED');
      expect(codes).not.toContain('GD_UNDO_BEGUN');
    });
  });
});

describe.concurrent('a host that a killed drill left DRAINING', () => {
  test('is named by the mark of the service, and ACTIVE again by abort on a machine without its journal', async () => {
    await standing({ ...GIVEN, ...onHosts(3) }, async (stage) => {
      const run = await begin(stage, { inject: { fault: 'drain-instance' } });
      await run.said(LANDED);
      run.child.kill('SIGKILL');
      await run.ended;
      const { hosts, marks } = await placesIn(stage.env);
      expect([[...hosts].sort(), marks]).toEqual([
        ['ACTIVE', 'ACTIVE', 'DRAINING'],
        [expect.stringMatching(/^drill=\S+ draining=[0-9a-f]{32} until=/)],
      ]);
      const done = await cli(ABORT, stage.folder, elsewhere(stage));
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(done.stdout).toMatch(/^Undone by UpdateContainerInstancesState, [0-9a-f]{32} ACTIVE$/m);
      expect(await placesIn(stage.env)).toMatchObject({ hosts: ['ACTIVE', 'ACTIVE', 'ACTIVE'], marks: [] });
    });
  });
});

describe.concurrent('a scale-in that is cut off', () => {
  test('twice leaves at once; the mark stays, and abort --service puts it back', async () => {
    // The call that puts the count back is not answered; the next one is.
    const faulty = { ecs: [{ operation: 'UpdateService', from: 2, count: 1, do: 'stall' }] };
    await standing({ ...GIVEN, rig: { faulty } }, async (stage) => {
      const run = await begin(stage);
      await run.said(LANDED);
      run.child.kill('SIGINT');
      await run.said('is put back first');
      run.child.kill('SIGINT');
      expect(await run.ended).toEqual({ code: 130, signal: null });
      expect((await placesIn(stage.env)).marks).toHaveLength(1);
      const codes = (await journalOf(stage)).map(({ code }) => code);
      expect(codes).not.toContain('GD_INTERRUPTED');
      const done = await cli(ABORT, stage.folder, elsewhere(stage));
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(await placesIn(stage.env)).toMatchObject({ desired: [2], marks: [] });
    });
  });

  test('while the services answer nothing ends by itself, and the mark stays', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage);
      await run.said(LANDED);
      await whileSilent(stage, async () => {
        run.child.kill('SIGTERM');
        // 8 s are promised; a busy machine is given longer, and a hanging process is none the less found.
        const late = AbortSignal.timeout(30_000);
        const overdue = new Promise((resolve) => late.addEventListener('abort', () => resolve('it hangs')));
        expect(await Promise.race([run.ended, overdue])).toEqual({ code: 143, signal: null });
      });
      expect(run.stderr()).toContain('SIGTERM: what the drill changed is put back first, within 7.5 s');
      const codes = (await journalOf(stage)).map(({ code }) => code);
      expect(codes.indexOf('GD_UNDO_BEGUN')).toBeGreaterThan(codes.indexOf('GD_FAULT_LANDED'));
      expect(codes.at(-1)).toBe('GD_INTERRUPTED');
      expect((await placesIn(stage.env)).marks).toHaveLength(1);
    });
  });

  test('by SIGTERM puts the desired count back and removes the mark before it ends, and says so', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage);
      await run.said(LANDED);
      expect((await placesIn(stage.env)).marks).toHaveLength(1);
      run.child.kill('SIGTERM');
      expect(await run.ended).toEqual({ code: 143, signal: null });
      const { desired, marks } = await placesIn(stage.env);
      expect([desired, marks]).toEqual([[2], []]);
      expect(run.stderr()).toContain('SIGTERM: what the drill changed is put back first, within 7.5 s');
      // On the card, which breaks lines.
      expect(run.stdout().replaceAll(/\s+/g, ' ')).toContain(
        'undone by UpdateService, desired count of build-agents 1 -> 2',
      );
      const codes = (await journalOf(stage)).map(({ code }) => code);
      expect(codes.slice(-2)).toEqual(['GD_UNDO_SENT', 'GD_INTERRUPTED']);
      expect(codes).toContain('GD_UNDO_BEGUN');
    });
  });

  test('by SIGKILL is put back on a machine without its journal, and no drill begins there before', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage);
      await run.said(LANDED);
      run.child.kill('SIGKILL');
      await run.ended;
      const other = elsewhere(stage);
      const scenario = { build: { branch: 'other' }, inject: { fault: 'stop-task' } };
      const later = await stage.run({ env: other, scenario });
      expect(later.drill).toMatchObject({ outcome: 'refused', reason: 'left-over' });
      expect(later.drill.said).toContain('gameday drills abort --cluster build-prod --service build-agents');
      const live = await cli(
        ['abort', '--cluster', 'build-prod', '--service', 'build-agents'],
        stage.folder,
        other,
      );
      expect(live).toMatchObject({ code: 3, stderr: expect.stringContaining('it may run until') as string });
      expect(await desiredIn(stage)).toBe(1);
      const { BUILDKITE_API_TOKEN: _token, ...withoutToken } = other;
      const done = await cli(ABORT, stage.folder, withoutToken);
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(done.stdout).toContain('Undone by UpdateService, desired count of build-agents 1 -> 2');
      const { desired, marks } = await placesIn(stage.env);
      expect([desired, marks]).toEqual([[2], []]);
      const again = await cli(ABORT, stage.folder, withoutToken);
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('has no mark') as string });
    });
  });
});
