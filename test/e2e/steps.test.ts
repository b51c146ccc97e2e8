import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { play } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import type { Entries } from './support/files.ts';
import { ENDLESS, held } from './support/gates.ts';

const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
const lost: Expected = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'step-over-window', sent: 1 };
const command = held();

/** The label of the job that was stopped. */
function labelOfTarget({ journal }: Played): string | null {
  const jobId = eventsOf(journal, 'GD_TARGET_CHOSEN').at(-1)?.payload.target.jobId;
  const facts = eventsOf(journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.facts);
  const job = facts.find(({ kind, id }) => kind === 'job' && id === jobId);
  return job?.kind === 'job' ? job.value.label : null;
}

describe.concurrent('a step is named', () => {
  test('by its label, with its emoji', async () => {
    const steps = [
      { label: ':package: Build', command: 'true' },
      { label: ':rocket: Deploy', command },
    ];
    const played = await play({
      steps,
      scenario: { when: { step: { label: ':rocket: Deploy' } } },
      expected: drained,
    });
    expect(labelOfTarget(played)).toBe(':rocket: Deploy');
  });

  test('by a glob of keys, and another step beside it is none of them', async () => {
    const played = await play({
      steps: [
        { key: 'lint', label: 'Lint', command: 'sleep 5' },
        { key: 'test-linux', label: 'Linux', command },
      ],
      scenario: { when: { step: 'test-*' } },
      expected: drained,
    });
    expect(labelOfTarget(played)).toBe('Linux');
  });

  test('as one job of a matrix, by the label that its values make', async () => {
    const played = await play({
      steps: [{ key: 'it', label: 'Test {{matrix}}', command, matrix: ['mac', 'linux'] }],
      scenario: { when: { step: { label: 'Test linux' } } },
      expected: drained,
    });
    expect(labelOfTarget(played)).toBe('Test linux');
  });

  test('in a group, behind a step that the group depends on', async () => {
    await play({
      steps: [
        { key: 'first', command: 'true' },
        {
          group: ':lock: Tests',
          key: 'tests',
          depends_on: 'first',
          steps: [{ key: 'integration', command }],
        },
        { key: 'last', command: 'true', depends_on: 'tests' },
      ],
      expected: drained,
    });
  });

  test('and uploaded while the build runs', async () => {
    const later = JSON.stringify({ steps: [{ key: 'integration', command }] });
    await play({
      steps: [{ label: ':pipeline:', command: `printf '%s' '${later}' | buildkite-agent pipeline upload` }],
      expected: drained,
    });
  });

  test('and waits for a place in its concurrency group', async () => {
    const limited = { concurrency: 1, concurrency_group: 'one' };
    await play({
      steps: [
        { key: 'before', command: 'sleep 1', ...limited },
        { key: 'integration', command, ...limited },
      ],
      expected: drained,
    });
  });

  test('by a label that the pipeline does not have', async () => {
    await play({
      steps: [{ key: 'a', label: ':rocket: Deploy', command: 'true' }],
      scenario: { when: { step: { label: 'Deploy' } } },
      expected: {
        ...{ exit: 4, outcome: 'could-not-run', reason: 'no-such-step', sent: 0 },
        says: [/no step labelled "Deploy".*the labels are :rocket: Deploy/],
      },
    });
  });
});

test("without build.branch the build is on the pipeline's own default branch", async () => {
  const played = await play({
    steps: [{ key: 'integration', command }],
    rig: { pipelines: [{ slug: 'canary', steps: 'canary.yaml', defaultBranch: 'trunk' }] },
    expected: drained,
  });
  const facts = eventsOf(played.journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.facts);
  expect(facts.find(({ kind }) => kind === 'build')).toMatchObject({ value: { branch: 'trunk' } });
});

describe.concurrent('a step of a build that a trigger step starts', () => {
  const nested = (child: Entries, trigger: Entries = {}) => ({
    steps: [{ trigger: 'child', ...trigger }, 'wait', { key: 'after', command: 'true' }],
    files: { 'child.yaml': { steps: [child] } },
    rig: {
      lostAfter: '4s',
      pipelines: [
        { slug: 'canary', steps: 'canary.yaml' },
        { slug: 'child', steps: 'child.yaml' },
      ],
    },
  });
  const follow = { build: { follow: 'triggered' } };

  test('is followed: it drains, and the build that started it passes', async () => {
    const played = await play({
      ...nested({ key: 'integration', command }),
      scenario: follow,
      expected: drained,
    });
    expect(played.document).toMatchObject({
      drills: [{ builds: [{ state: 'PASSED' }, { state: 'PASSED' }] }],
    });
  });

  test('is followed: it is lost, and the build that started it is red too', async () => {
    const endless = { key: 'integration', command: ENDLESS };
    await play({ ...nested(endless), container: { stopTimeout: 4 }, scenario: follow, expected: lost });
  });

  test('is lost, and a trigger step that may fail keeps the build that started it green', async () => {
    const endless = { key: 'integration', command: ENDLESS };
    const files = nested(endless, { soft_fail: true });
    const played = await play({ ...files, container: { stopTimeout: 4 }, scenario: follow, expected: lost });
    expect(played.document).toMatchObject({
      drills: [{ builds: [{ state: 'PASSED' }, { state: 'FAILED' }] }],
    });
  });

  test('is followed where the trigger step does not wait for it', async () => {
    const files = nested({ key: 'integration', command }, { async: true });
    await play({ ...files, scenario: follow, expected: drained });
  });

  test('is not followed unless the scenario says so, and how is said at the gate', async () => {
    await play({
      ...nested({ key: 'integration', command: 'true' }),
      expected: {
        ...{ exit: 4, outcome: 'could-not-run', reason: 'no-such-step', sent: 0 },
        says: [/if it is a step of child, .* set build.follow: triggered/],
      },
    });
  });

  test('is absent there too', async () => {
    await play({
      ...nested({ key: 'deep', command: 'true' }),
      scenario: follow,
      expected: {
        ...{ exit: 4, outcome: 'could-not-run', reason: 'no-such-step', sent: 0 },
        says: [/the keys are after, deep/],
      },
    });
  });
});
