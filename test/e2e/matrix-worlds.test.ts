import { describe, expect, test } from 'vitest';
import { play, playOpen } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { EXEC, SHELL } from './support/files.ts';
import { ENDLESS, held, whenIntended } from './support/gates.ts';
import {
  DRAINED,
  hiddenSettings,
  inconclusive,
  lateStop,
  NOT_PROVEN,
  OUTLASTED,
  pastJobs,
  skewed,
  throughShell,
  waitFor,
} from './support/worlds.ts';

const integration = { key: 'integration', command: held() };
/** It is over before a stop that comes seconds late. */
const short = { key: 'integration', command: held('struck', 'sleep 1') };
const endless = { key: 'integration', command: ENDLESS };
const lost: Expected = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 };

describe.concurrent('the stop came too late, or to a worker that was no more', () => {
  // The agent leaves after its job and the shell stays, so that nothing but Buildkite's old answers speaks for a drain.
  test('a replica shows RUNNING after the job and its agent are gone', async () => {
    const agent = `${EXEC.join(' ')} --disconnect-after-job`;
    await play({
      container: {
        argv: [...SHELL.slice(0, 2), `trap 'exit 0' TERM; ${agent} & ${waitFor('never')} & wait; wait`],
      },
      steps: [short],
      rig: { knobs: { buildkiteReplicaLag: '9s' }, faulty: lateStop('5s') },
      opens: whenIntended('struck'),
      expected: { ...inconclusive('finished-before-stop', /had ended at .*, before the stop/), sent: 1 },
    });
  });

  test("the agent's container crashed before StopTask, and ECS had not noticed", async () => {
    const agent = EXEC.join(' ');
    await play({
      container: { argv: [...SHELL.slice(0, 2), `${agent} & ${waitFor('crash')}; exit 3`] },
      steps: [endless],
      rig: { lostAfter: '7s', knobs: { noticeLag: '9s' }, faulty: lateStop('4s') },
      opens: whenIntended('crash'),
      expected: { ...inconclusive('unsound-baseline', /container had crashed: it ended at/), sent: 1 },
    });
  });

  test('the job had ended, and StopTask killed another one on the worker', async () => {
    await play({
      standalone: 1,
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [short, { key: 'chosen', command: ENDLESS }],
      rig: { lostAfter: '4s', faulty: lateStop('4s') },
      opens: whenIntended('struck'),
      expected: {
        ...inconclusive('missed-target', /the worker held job \S+ \(chosen\) instead, which was lost/),
        sent: 1,
      },
    });
  });
});

describe.concurrent('an agent may have left by itself', () => {
  test('a one-shot setting that no definition shows', async () => {
    const { texts, knobs } = hiddenSettings('disconnect-after-job=true');
    await play({
      container: { argv: SHELL },
      steps: [integration],
      texts,
      rig: { standInAgent: 'silent', knobs },
      expected: {
        ...NOT_PROVEN,
        says: [/nothing shows that it heard the stop/, /Any of these would show it: agent 3\.138/],
      },
    });
  });

  test('an idle time-out in quotes that runs out as quickly', async () => {
    // In a service other workers would leave too, and unsettle it.
    const { code, drill } = await playOpen({
      standalone: 1,
      container: { argv: throughShell('"--disconnect-after-idle-timeout"', '"4"') },
      steps: [integration],
      rig: { standInAgent: 'silent' },
    });
    const said = drill.findings.find(({ check }) => check === 'agent-left')?.said ?? drill.said;
    expect(said).toContain('its own idle time-out (4.0 s)');
    // On a busy machine its timer may be a second late: then nothing but the timer can be why.
    const [, left = ''] =
      /the agent left by its own idle time-out \(4\.0 s\), (\S+) s after/.exec(said) ?? [];
    const isLate = Number(left) > 5;
    expect([code, drill.reason], said).toEqual(isLate ? [10, 'not-drained'] : [11, 'drain-not-proven']);
  });

  test('a one-shot agent, visible, that cannot report: outlasted', async () => {
    await play({
      container: { argv: throughShell('--disconnect-after-job') },
      steps: [integration],
      rig: { standInAgent: 'silent' },
      expected: { ...OUTLASTED, notes: [/one-shot/], proof: { inFlight: 'read' } },
    });
  });

  test('an unknown entry point of the image, without a witness', async () => {
    await play({
      container: { argv: EXEC, imageStarts: true },
      steps: [integration],
      rig: { standInAgent: 'silent' },
      expected: { ...NOT_PROVEN, says: [/image's own entry point/] },
    });
  });

  test('an unknown entry point of the image, and a worker that stayed without a job', async () => {
    await play({
      container: { argv: EXEC, imageStarts: true },
      steps: [integration],
      rig: { standInAgent: 'silent', ...pastJobs('30s').rig },
      expected: { ...DRAINED, proof: { inFlight: 'read', heard: 'witness' } },
    });
  });
});

describe.concurrent('a clock is wrong', () => {
  test("the runner's, by five minutes", async () => {
    await play({
      steps: [integration],
      rig: { standInAgent: 'reporting', knobs: skewed('runner', '5m') },
      expected: { ...DRAINED, proof: { inFlight: 'one-clock', heard: 'report' } },
    });
  });

  test("the agent's host's, by a minute", async () => {
    await play({
      steps: [integration],
      rig: { standInAgent: 'reporting', knobs: skewed('host', '-60s') },
      expected: { ...DRAINED, proof: { inFlight: 'one-clock', heard: 'report' } },
    });
  });
});

describe.concurrent('somebody comes after the proof', () => {
  test("the build is canceled after the container's death at its stopTimeout", async () => {
    await play({
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [endless],
      rig: {
        lostAfter: '12s',
        script: [{ on: 'container-stopped', task: 'struck', after: '1s', do: 'cancel-build', by: 'person' }],
      },
      expected: lost,
    });
  });

  test('"Stop agent" is clicked after the container\'s death', async () => {
    await play({
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [endless],
      rig: {
        lostAfter: '8s',
        script: [
          {
            on: 'container-stopped',
            task: 'struck',
            after: '1s',
            do: 'stop-agent',
            of: 'struck',
            graceful: true,
          },
        ],
      },
      expected: lost,
    });
  });

  test('an old mark of exhausted memory, and 143 at once', async () => {
    await play({
      container: { argv: ['tini', '--', ...SHELL] },
      steps: [endless],
      rig: {
        lostAfter: '4s',
        script: [{ on: 'job-started', step: 'integration', task: 'host', do: 'mark-oom' }],
      },
      expected: { ...lost, cause: 'init-killed-wrapper' },
    });
  });
});
