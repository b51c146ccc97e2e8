import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { drill, inFolder, meets, surroundings } from '../e2e/support/case.ts';
import type { Expected, Played } from '../e2e/support/case.ts';
import { SHELL } from '../e2e/support/files.ts';
import type { CaseFiles } from '../e2e/support/files.ts';
import { isGoingDown } from '../../src/model/entities/task.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { ENDLESS, held } from '../e2e/support/gates.ts';
import type { Opens } from '../e2e/support/gates.ts';
import { placesIn } from '../e2e/support/places.ts';
import { standing } from '../e2e/support/standing.ts';
import type { Standing } from '../e2e/support/standing.ts';
import { inconclusive, throughShell } from '../e2e/support/worlds.ts';

const integration = { key: 'integration', command: held() };
const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', says: [/"a deploy"/] };
const masked: Expected = { exit: 10, outcome: 'failed', reason: 'masked-loss', cause: 'signal-eaten' };
/** The first attempt never ends; the next one does at once. */
const retried = {
  key: 'integration',
  command: `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`,
  retry: { automatic: [{ exit_status: -1, limit: 2 }] },
};

/** A build in flight that the rig itself began. */
async function inFlight(given: CaseFiles, work: (stage: Standing) => Promise<void>): Promise<void> {
  const rig = { ...given.rig, builds: [{ pipeline: 'canary' }] };
  await standing({ ...given, rig }, async (stage) => {
    await until('the job in flight', async () =>
      (await stage.state()).jobs.some(({ state }) => state === 'RUNNING'),
    );
    await work(stage);
  });
}

function ask(stage: Standing, more: readonly string[], opens: Opens = () => []): Promise<Played> {
  const args = ['assert', '--build', 'acme/canary/1', '--poll-every', '300ms', ...more];
  return drill(stage.folder, args, stage.env, opens);
}

function deploy(stage: Standing, taskArn?: string): Promise<unknown> {
  const whom = taskArn === undefined ? { task: 'host', step: 'integration' } : { taskArn };
  return stage.act({ do: 'stop-task', ...whom, reason: 'a deploy' });
}

function open(stage: Standing): Promise<void> {
  return writeFile(join(stage.folder, 'gates', 'struck'), '');
}

/** The job ends when it was read after its task was seen going down. */
const whenSeen: Opens = (events) => {
  const observed = eventsOf(events, 'GD_OBSERVED').map(({ payload }) => payload);
  const down = observed.findIndex(({ facts }) =>
    facts.some((fact) => fact.kind === 'task' && isGoingDown(fact.value)),
  );
  const isRead = observed
    .slice(down + 1)
    .some(({ reads }) => reads.some(({ ok, subject }) => ok && subject.kind === 'job'));
  return down >= 0 && isRead ? ['struck'] : [];
};

/** The stop comes when `assert` watches already, and the job goes on until it was seen in flight after that. */
async function stoppedMeanwhile(
  given: CaseFiles,
  expected: Expected,
  more: readonly string[] = [],
  stop: (stage: Standing) => Promise<unknown> = deploy,
): Promise<Played> {
  const played: Played[] = [];
  await inFlight(given, async (stage) => {
    let theirs: Promise<unknown> | undefined;
    const one = await ask(stage, more, (events) => {
      const watches = eventsOf(events, 'GD_OBSERVED').some(({ payload }) =>
        payload.facts.some(({ kind }) => kind === 'task' || kind === 'tasks-of'),
      );
      if (watches) theirs ??= stop(stage);
      return whenSeen(events);
    });
    await theirs;
    meets(one, expected);
    played.push(one);
  });
  const [one] = played;
  if (one === undefined) throw new Error('nothing was played');
  return one;
}

describe.concurrent('assert begun before the stop', () => {
  test.each(['silent', 'reporting'])('a clean drain: %s agent', async (standInAgent) => {
    await stoppedMeanwhile({ standalone: 2, steps: [integration], rig: { standInAgent } }, drained);
  });

  test('the container is killed with 137, the job being over', async () => {
    await stoppedMeanwhile(
      { standalone: 2, container: { argv: SHELL, stopTimeout: 9 }, steps: [integration] },
      { exit: 10, outcome: 'failed', reason: 'not-drained', cause: 'signal-eaten' },
    );
  });

  test.each([true, false])('a loss behind a retry, its source listed: %s', async (retriedJobsListed) => {
    await stoppedMeanwhile(
      {
        ...{ standalone: 2, container: { argv: SHELL, stopTimeout: 3 }, steps: [retried] },
        rig: { lostAfter: '4s', knobs: { retriedJobsListed } },
      },
      masked,
    );
  });
});

describe.concurrent('assert begun afterwards', () => {
  test('finds the loss behind a retry whose source no list shows', async () => {
    await inFlight(
      {
        ...{ standalone: 2, container: { argv: SHELL, stopTimeout: 3 }, steps: [retried] },
        rig: { lostAfter: '4s', knobs: { retriedJobsListed: false } },
      },
      async (stage) => {
        await deploy(stage);
        await until('the end of the build', async () =>
          (await stage.state()).builds.some(({ state }) => state === 'PASSED'),
        );
        meets(await ask(stage, []), masked);
      },
    );
  });
});

describe.concurrent('assert --require drained', () => {
  const more = ['--require', 'drained'];

  test('no stop that ECS shows is less than that', async () => {
    await inFlight({ standalone: 2, steps: [integration] }, async (stage) => {
      await open(stage);
      meets(await ask(stage, more), inconclusive('stop-not-confirmed'));
    });
  });

  test('a one-shot agent that outlasted the stop is less than that', async () => {
    await stoppedMeanwhile(
      {
        ...{ standalone: 2, steps: [integration], rig: { standInAgent: 'silent' } },
        container: { argv: throughShell('--disconnect-after-job') },
      },
      inconclusive('drain-not-proven'),
      more,
    );
  });

  test('a drain is all of it', async () => {
    await stoppedMeanwhile({ standalone: 2, steps: [integration] }, drained, more);
  });

  test('a loss stays lost', async () => {
    await stoppedMeanwhile(
      {
        ...{ standalone: 2, container: { argv: SHELL, stopTimeout: 3 } },
        ...{ steps: [{ key: 'integration', command: ENDLESS }], rig: { lostAfter: '4s' } },
      },
      { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten' },
      more,
    );
  });
});

describe.concurrent('assert', () => {
  test('--mapping hostname finds the task of an agent that names none', async () => {
    const { drill: result } = await stoppedMeanwhile(
      { workers: 1, container: { argv: ['buildkite-agent', 'start'] }, steps: [integration] },
      drained,
      ['--mapping', 'hostname', '--cluster', 'build-prod', '--service', 'build-agents'],
      async (stage) => deploy(stage, (await placesIn(stage.env)).tasks[0]),
    );
    expect(result.attempts).toMatchObject([{ judged: true, taskArn: result.target?.taskArn }]);
  });

  test('--mapping hostname finds a task that was told to stop before the first look', async () => {
    const given = { workers: 1, container: { argv: ['buildkite-agent', 'start'] }, steps: [integration] };
    await inFlight(given, async (stage) => {
      await deploy(stage, (await placesIn(stage.env)).tasks[0]);
      const byHost = ['--mapping', 'hostname', '--cluster', 'build-prod', '--service', 'build-agents'];
      meets(await ask(stage, byHost, whenSeen), drained);
    });
  });

  test.each([
    [['--since', 'yesterday'], '--since "yesterday" is not a time'],
    [['--within', 'soon'], '--within "soon" is not a duration'],
    [['--mapping', 'hostname'], '--mapping hostname needs --cluster and --service'],
  ])('%j is bad input that says so', async (args, said) => {
    await inFolder(async (folder) => {
      const env = { ...surroundings(folder), BUILDKITE_API_TOKEN: 'nothing-that-is-asked-for' };
      const { code, stdout, stderr } = await cli(
        ['assert', '--build', 'acme/canary/1', ...args],
        folder,
        env,
      );
      expect(code, stderr).toBe(2);
      expect(`${stdout}${stderr}`).toContain(said);
    });
  });
});
