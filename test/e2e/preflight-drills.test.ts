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

/** Errors and warnings that the look before the drill found, by their rules. */
function foreseen(journal: readonly DrillEvent[]): readonly string[] {
  const facts = eventsOf(journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.facts);
  const looks = facts.flatMap((fact) => (fact.kind === 'preflight' ? [fact.value] : []));
  return looks.flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity !== 'note').map(({ rule }) => rule),
  );
}

/** A rule that predicts what a drill shows, the definition that it finds wrong, and the mended one. */
interface Pair {
  readonly rule: string;
  readonly bad: MatrixCase;
  readonly mended: MatrixCase;
}

const once = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`;
const retried = (automatic: unknown) => ({ key: 'integration', command: once, retry: { automatic } });

const PAIRS: readonly Pair[] = [
  {
    rule: 'shell-form',
    bad: {
      agent: 'real',
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [endless],
      rig,
      expected: { ...lost, says: [/SIGTERM was eaten/] },
    },
    mended: { agent: 'real', container: {}, steps: [integration], expected: drained },
  },
  {
    rule: 'init-with-shell',
    bad: {
      agent: 'real',
      container: { argv: SHELL, init: true },
      steps: [endless],
      rig,
      expected: { ...lost, cause: 'init-killed-wrapper', says: [/ended 143/] },
    },
    mended: { agent: 'real', container: { init: true }, steps: [integration], expected: drained },
  },
  {
    rule: 'step-over-window',
    bad: {
      agent: 'real',
      container: { stopTimeout: 3 },
      steps: [endless],
      rig,
      expected: { ...lost, cause: 'step-over-window', says: [/longer than stopTimeout/] },
    },
    mended: {
      agent: 'real',
      container: { stopTimeout: 60 },
      steps: [{ key: 'integration', command: 'sleep 6' }],
      expected: drained,
    },
  },
  {
    rule: 'no-ecs-tags',
    bad: {
      container: { argv: EXEC.slice(0, 2) },
      steps: [integration],
      expected: { exit: 4, outcome: 'could-not-run', reason: 'agent-not-mapped', sent: 0 },
    },
    mended: { container: {}, steps: [integration], expected: drained },
  },
  {
    rule: 'spawn-many',
    bad: {
      container: { argv: [...EXEC, '--spawn', '2'] },
      steps: [integration],
      expected: { exit: 3, outcome: 'refused', reason: 'shared-task', sent: 0 },
    },
    mended: { container: { argv: [...EXEC, '--spawn', '1'] }, steps: [integration], expected: drained },
  },
  {
    rule: 'retry-misses-lost-agent',
    bad: { container: { argv: SHELL, stopTimeout: 3 }, steps: [retried(true)], rig, expected: lost },
    mended: {
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [retried([{ exit_status: -1, limit: 2 }])],
      rig,
      expected: { ...lost, reason: 'masked-loss' },
    },
  },
];

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
      expect(drill.said).toContain('neither a service nor a family is named');
      expect(stderr).toContain('preflight could not look');
    });
  });
});
