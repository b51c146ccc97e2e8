import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { withAgent } from './support/agents.ts';
import { play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { SHELL } from './support/files.ts';
import { foreseenIn } from './support/foreseen.ts';
import { ENDLESS, held } from './support/gates.ts';
import { PAIRS } from './support/pairs.ts';
import { playPair } from './support/play-pair.ts';
import { standing } from './support/standing.ts';

const endless = { key: 'integration', command: ENDLESS };
const integration = { key: 'integration', command: held() };
const rig = { lostAfter: '4s' };
const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
const lost: Expected = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 };

describe.concurrent('what is foreseen is what a drill shows, and the mended line ends both:', () => {
  test.each(PAIRS.map((pair) => [pair.rule, pair] as const))(withAgent('%s'), (_, pair) => playPair(pair));
});

describe.concurrent('before a drill', () => {
  const shell = { container: { argv: SHELL, stopTimeout: 3 }, steps: [endless], rig };

  test('errors are told on stderr, in the journal and in the result, and the drill goes on', async () => {
    const { stderr, drill, journal } = await play({
      ...shell,
      expected: { ...lost, notes: [/^preflight error shell-form: /] },
    });
    expect(stderr).toMatch(/preflight error shell-form: \/bin\/sh runs the agent without exec/);
    expect(drill.guards.find(({ guard }) => guard === 'preflight')).toMatchObject({
      holds: true,
      said: expect.stringContaining('shell-form') as string,
    });
    expect(foreseenIn(journal)).toContain('shell-form');
  });

  test('an error refuses where the scenario requires that there is none', async () => {
    const scenario = { preflight: 'require' };
    const { journal, drill } = await play({
      ...shell,
      scenario,
      expected: { exit: 3, outcome: 'refused', reason: 'preflight', says: [/shell-form/], sent: 0 },
    });
    expect(eventsOf(journal, 'GD_BUILD_INTENDED')).toEqual([]);
    expect(drill.next).not.toBe('');
    await play({ container: { stopTimeout: 120 }, steps: [integration], scenario, expected: drained });
  });

  test('`off` looks at nothing', async () => {
    const { journal, stderr } = await play({ ...shell, scenario: { preflight: 'off' }, expected: lost });
    const reads = eventsOf(journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.reads);
    expect(reads.filter(({ subject }) => subject.kind === 'preflight')).toEqual([]);
    expect(stderr).not.toContain('preflight');
  });

  test('what cannot be read is said; `require` refuses then', async () => {
    await standing({ standalone: 1, steps: [integration], container: {} }, async (stage) => {
      const scenario = {
        cluster: {
          region: 'us-east-1',
          name: 'build-prod',
          family: null,
          taskTag: { key: 'team', value: 'ci' },
        },
        preflight: 'require',
      };
      const { drill, stderr } = await stage.run({ scenario, args: ['--yes'] });
      expect(drill).toMatchObject({ outcome: 'refused', reason: 'preflight' });
      expect(drill.said).toContain('name a service or a family');
      expect(stderr).toContain('preflight could not check the definition');
    });
  });
});
