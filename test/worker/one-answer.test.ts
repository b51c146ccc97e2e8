import { describe, expect, test } from 'vitest';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import { readDependantsTime } from '../../src/evidence/stop.ts';
import { windowOf } from '../../src/forecast/window.ts';
import { OFFLINE, type Documents } from '../../src/preflight/documents.ts';
import { judge, type Found } from '../../src/preflight/judge.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import type { Subject } from '../../src/preflight/subject.ts';
import { playOf, workOf } from '../../src/rehearsal/play.ts';
import { judge as judgeDrill } from '../../src/verdict/judge.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { readContainer } from '../../src/worker/definition.ts';
import { readNamedLaunch } from '../../src/worker/launch.ts';
import { readWorker } from '../../src/worker/worker.ts';
import { AGENT_GONE, LOST, story, T, type Told } from '../support/journal-builders.ts';

/*
 * One definition, asked by everybody who asks how a worker is stopped: the reader, preflight's findings, the forecast, a
 * rehearsal, and a drill's report, check and cause.
 */

type Containers = readonly JsonObject[];

const AGENT = { name: 'agent', entryPoint: ['buildkite-agent', 'start', '--tags-from-ecs-meta-data'] };
const on = (containerName: string, condition: string): JsonObject => ({ containerName, condition });
const SPOT = { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] };

function documentsOf(containerDefinitions: Containers, service: JsonObject | null): Documents {
  return {
    taskDefinition: {
      value: { containerDefinitions, requiresCompatibilities: ['FARGATE'] },
      base: [],
      name: 'task.json',
    },
    service: service === null ? null : { value: service, base: [], name: 'service.json' },
    ...{ pipeline: null, imageConfig: null, capacityProvider: null, scenario: null, hooks: null },
  };
}

function subject(containers: Containers, service: JsonObject | null): Subject {
  const found = subjectOf(documentsOf(containers, service), OFFLINE, 'agent');
  if (!('agent' in found)) throw new Error('no agent');
  return found;
}

function forecast(containers: Containers, service: JsonObject | null) {
  return windowOf(subject(containers, service), { launchType: null, stopTimeout: null, signal: null });
}

function rehearsal(containers: Containers, service: JsonObject | null) {
  const documents = documentsOf(containers, service);
  const asked = { documents, container: 'agent', step: undefined, jobLength: 20_000 };
  const work = workOf(asked);
  if ('why' in work) throw new Error(work.why);
  const machine = { images: false, image: null, hasImage: () => false, isLent: () => false };
  const play = playOf(asked, work, { ...machine, hasProgram: () => true });
  if ('why' in play) throw new Error(play.why);
  return play;
}

/** A drill against a task of this definition. */
function told(containers: Containers, capacityProvider: string, more: Told = {}): Told {
  const [agent, ...others] = containers.map(readContainer);
  return {
    ...more,
    definition: agent ?? {},
    otherContainers: others,
    task: { ...more.task, capacityProvider },
  };
}

function adviceOf(findings: readonly Found[]): readonly unknown[] {
  const edits = findings.flatMap((one) => one.edits);
  return [...new Set(edits.filter(({ path }) => path.join() === 'containerDefinitions,0,stopTimeout'))].map(
    ({ after }) => after,
  );
}

/** The agent between an exporter, which is stopped before it, and a container that it waits for at its start. */
const migrating = (condition: string): Containers => [
  { ...AGENT, stopTimeout: 60, dependsOn: [on('migrate', condition)] },
  { name: 'migrate', essential: false, entryPoint: ['migrate'] },
  { name: 'exporter', essential: false, stopTimeout: 20, dependsOn: [on('agent', 'START')] },
];

describe.each([
  ['SUCCESS', 80_000, ['exporter', 'agent'], 100],
  ['COMPLETE', 80_000, ['exporter', 'agent'], 100],
  ['START', 110_000, ['exporter', 'agent', 'migrate'], 70],
  ['HEALTHY', 110_000, ['exporter', 'agent', 'migrate'], 70],
] as const)('a container that the agent waits for until %s', (condition, whole, chain, advised) => {
  const containers = migrating(condition);
  const agent = { signalled: 20_000, killed: 80_000 };

  test('is read once: the whole stop, and when the agent is signalled and killed', () => {
    const definitions = containers.map(readContainer);
    const launch = readNamedLaunch('FARGATE');
    const worker = readWorker({ containers: definitions, agent: 'agent', imageConfig: null, launch });
    expect(worker?.stop).toMatchObject({ ms: whole, agent: { ...agent, granted: 60_000, ceiling: 120_000 } });
  });

  test('the forecast and the rehearsal say the same', () => {
    const window = forecast(containers, null);
    expect(window).toMatchObject({ wholeStop: whole, before: 20_000, drain: 60_000, ceiling: 120_000 });
    expect(rehearsal(containers, null)).toMatchObject({ wholeStop: whole, window: 60_000 });
  });

  test("so do a drill's report and its evidence, from what the journal keeps", () => {
    const journal = story(told(containers, 'FARGATE'));
    expect(summarizeDrill(journal, null).stopWindow).toMatchObject({
      ms: whole,
      agent,
      limit: null,
      cut: [],
    });
    expect(summarizeDrill(journal, null).stopWindow?.chain.map(({ container }) => container)).toEqual(chain);
    expect(readDependantsTime(evidenceOf(journal))).toBe(20_000);
  });

  test('and on spot preflight and the forecast give the agent what the rest of that stop leaves', () => {
    expect(adviceOf(judge(subject(containers, SPOT)).findings)).toContain(advised);
    expect(forecast(containers, SPOT).ceiling).toBe(advised * 1000);
  });
});

/** On Fargate Spot, with a log router that depends on the agent and so is stopped before it. */
const behindRouter = (router: number, own: number | null): Containers => [
  { ...AGENT, ...(own === null ? {} : { stopTimeout: own }) },
  { name: 'router', stopTimeout: router, entryPoint: ['router'], dependsOn: [on('agent', 'START')] },
];

/** A job that was lost when its agent was killed at the end of its time. */
const killed: Told = {
  job: LOST,
  agent: { ...AGENT_GONE, version: '3.120.0' },
  container: { exitCode: 137 },
  task: { executionStoppedAt: T.landed + 120_100, stoppedAt: T.landed + 121_000 },
};

function causeOf(containers: Containers, capacityProvider: string): string | undefined {
  const { cause } = judgeDrill(story(told(containers, capacityProvider, killed)));
  return cause?.ranked.find(({ name }) => name === 'step-over-window')?.saves;
}

describe('on Fargate Spot a sidecar that depends on the agent is stopped first', () => {
  test.each([
    [60, 30, 60],
    [60, 59, 60],
    [80, null, 40],
    [0, 30, 118],
  ])('%d s of it and a stopTimeout of %s: at most %d s are to be had', (router, own, ceiling) => {
    const containers = behindRouter(router, own);
    expect([...new Set(adviceOf(judge(subject(containers, SPOT)).findings))]).toEqual([ceiling]);
    expect(forecast(containers, SPOT).ceiling).toBe(ceiling * 1000);
    expect(causeOf(containers, 'FARGATE_SPOT')).toContain(`"stopTimeout": ${ceiling}\``);
  });

  test.each([
    [90, 30],
    [60, 60],
    [90, null],
  ])('with %d s of it and a stopTimeout of %s nobody advises a longer one', (router, own) => {
    const containers = behindRouter(router, own);
    const { findings } = judge(subject(containers, SPOT));
    expect(findings.map(({ rule }) => rule)).not.toContain('stop-timeout-short');
    expect(adviceOf(findings)).toEqual([]);
    expect(forecast(containers, SPOT)).toMatchObject({
      ceiling: 120_000 - router * 1000,
      drain: (own ?? 30) * 1000,
    });
    expect(causeOf(containers, 'FARGATE_SPOT')).toContain(
      "is all that spot's two minutes leave, and the step had that",
    );
  });

  test.each([
    [120, 30],
    [100, 100],
  ])(
    'one of %d s, and %d s of the agent: both are more than there is, and the sidecar is cut',
    (router, own) => {
      const containers = behindRouter(router, own);
      const { findings } = judge(subject(containers, SPOT));
      const chain = findings.find(({ rule }) => rule === 'stop-chain-over-spot');
      expect(chain?.seen).toBe(
        `router ${router} s, then agent ${own} s: ${router + own} s in the worst case`,
      );
      expect(chain?.edits).toMatchObject([{ path: ['containerDefinitions', 1, 'stopTimeout'], after: 10 }]);
      expect(forecast(containers, SPOT)).toMatchObject({ drain: (120 - router) * 1000, wholeStop: 120_000 });
      const drill = summarizeDrill(story(told(containers, 'FARGATE_SPOT')), null).stopWindow;
      expect(drill).toMatchObject({ ms: (router + own) * 1000, limit: 120_000, cut: ['agent'] });
    },
  );

  test('where nothing is reclaimed the same definition has the most that Fargate allows', () => {
    const containers = behindRouter(60, 30);
    expect(adviceOf(judge(subject(containers, { launchType: 'FARGATE' })).findings)).toEqual([120]);
    expect(forecast(containers, { launchType: 'FARGATE' }).ceiling).toBe(120_000);
    expect(causeOf(containers, 'FARGATE')).toContain('"stopTimeout": 120`');
  });
});
