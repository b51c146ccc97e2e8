import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { Edit } from '../../src/preflight/documents.ts';
import { pathText } from '../../src/preflight/json.ts';
import { applyEdits, type Preflight } from '../../src/preflight/judge.ts';
import { judgeTogether } from '../../src/preflight/one-change.ts';
import { preflightLines } from '../../src/preflight/report.ts';
import type { Places } from '../../src/preflight/report.ts';
import { unwrapDocument } from '../../src/preflight/unwrap.ts';
import '../support/seed.ts';
import { bundle } from './bundles.ts';
import { documentsOf, lookAt } from './fixtures.ts';
import type { Bundle } from './fixtures.ts';

const places: Places = { of: (document) => ({ name: document, position: null }), whole: (_, path) => path };

/** A task on Fargate with this agent, and other containers behind it. */
function fargate(agent: object, ...others: readonly object[]) {
  const own = { name: 'agent', entryPoint: ['buildkite-agent', 'start'], ...agent };
  return { requiresCompatibilities: ['FARGATE'], containerDefinitions: [own, ...others] };
}

const SPOT = { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }] };

/** What each rule that found something would change: the values behind the paths. */
function changesIn({ findings }: Preflight): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    findings.map(({ rule, edits }) => [
      rule,
      edits.map(({ path, after }) => `${pathText(path)} = ${JSON.stringify(after)}`),
    ]),
  );
}

function lookTogether(given: object) {
  return judgeTogether(documentsOf(given as Bundle), OFFLINE, 'agent');
}

/** Each edit that is shown, once: as text, so that two that differ in anything stay two. */
function shownIn(findings: readonly { readonly edits: readonly Edit[] }[]): readonly Edit[] {
  const texts = findings.flatMap(({ edits }) => edits.map((edit) => JSON.stringify(edit)));
  return [...new Set(texts)].map((text) => JSON.parse(text) as Edit);
}

function isOver({ document, path }: Edit, other: Edit): boolean {
  return document === other.document && path.every((part, index) => other.path[index] === part);
}

test('whatever the documents, all changes that are shown can be made at once, and then nothing is left of what they are for', () => {
  fc.assert(
    fc.property(bundle, (given) => {
      const documents = documentsOf(given);
      const { findings } = lookTogether(given);
      const shown = shownIn(findings);
      for (const edit of shown) expect(shown.filter((other) => isOver(edit, other))).toEqual([edit]);
      const changed = applyEdits(documents, shown);
      expect(unwrapDocument('taskDefinition', changed.taskDefinition.value, 'x')).toHaveProperty('value');
      const { findings: left } = lookAt(changed);
      const served = new Set(
        findings.flatMap(({ rule, edits, fallsShort }) => (edits.length > 0 && !fallsShort ? [rule] : [])),
      );
      const again = left.filter(
        ({ rule, edits, severity, fallsShort }) =>
          served.has(rule) && edits.length > 0 && severity !== 'note' && !fallsShort,
      );
      expect({ shown: again.length > 0 ? shown : [], again }).toEqual({ shown: [], again: [] });
    }),
    { numRuns: 60 },
  );
});

test('findings that ask for different times of one agent are shown with the one that satisfies them all', () => {
  const steps = [{ key: 'a', command: 'sleep 80' }];
  const found = lookTogether({ taskDefinition: fargate({ stopTimeout: 60 }), pipeline: { steps } });
  const change = ['containerDefinitions[0].stopTimeout = 120'];
  expect(changesIn(found)).toMatchObject({ 'step-over-window': change, 'stop-timeout-short': change });
  const todo = found.findings.find(({ rule }) => rule === 'step-over-window')?.todo;
  expect(todo).toBe('Give the agent 80 s or more. With the other changes, stopTimeout becomes 120.');
});

test('off Fargate the agent gets the time of the slowest job, though another finding asks for less', () => {
  const taskDefinition = { containerDefinitions: [{ name: 'agent', command: ['buildkite-agent', 'start'] }] };
  const history = [{ key: 'a', jobs: 40, median: 200, p95: 300, most: 400 }];
  const found = judgeTogether(documentsOf({ taskDefinition }), { ...OFFLINE, history }, 'agent');
  const change = ['containerDefinitions[0].stopTimeout = 400'];
  expect(changesIn(found)).toMatchObject({ 'step-over-window': change, 'stop-timeout-host-default': change });
});

test('a time counts the sidecars that the other changes put behind the agent', () => {
  const found = lookTogether({
    taskDefinition: fargate({ stopTimeout: 60 }, { name: 'proxy', image: 'p' }),
    service: SPOT,
  });
  // 120 s of notice, of which the proxy keeps its 30 s.
  const change = ['containerDefinitions[0].stopTimeout = 90'];
  expect(changesIn(found)).toMatchObject({ 'fargate-spot-notice': change, 'stop-timeout-short': change });
  expect(changesIn(found)['sidecar-before-agent']).toHaveLength(1);
});

test('where no time is enough, the change goes as far as it can and says what else is needed', () => {
  const steps = [{ key: 'a', command: 'sleep 400' }];
  const found = lookTogether({ taskDefinition: fargate({ stopTimeout: 30 }), pipeline: { steps } });
  const change = ['containerDefinitions[0].stopTimeout = 120'];
  expect(changesIn(found)).toMatchObject({ 'step-over-window': change, 'stop-timeout-short': change });
  expect(found.findings.find(({ rule }) => rule === 'step-over-window')?.todo).toBe(
    'Give the agent 120 s, the most that can be had here, which is not enough: also shorten the step, retry exit status -1 as a backstop, or run it on EC2.',
  );
});

test('a step that may be too long for Fargate has the change of the rule that comes first', () => {
  const steps = [{ key: 'a', command: 'make', timeout_in_minutes: 10 }];
  const found = lookTogether({ taskDefinition: fargate({}), pipeline: { steps } });
  const change = ['containerDefinitions[0].stopTimeout = 120'];
  expect(changesIn(found)).toMatchObject({ 'step-over-window': change, 'stop-timeout-missing': change });
});

test('one line of command for all rules that want to change it; a note on it waits', () => {
  const script = 'buildkite-agent start --spawn 3 --cancel-grace-period 300; echo bye';
  const found = lookTogether({
    taskDefinition: fargate({ entryPoint: ['/bin/sh', '-c', script], stopTimeout: 60 }),
  });
  const wanted = 'exec buildkite-agent start --tags-from-ecs-meta-data --spawn 1 --cancel-grace-period 110';
  const change = [`containerDefinitions[0].entryPoint = ${JSON.stringify(['/bin/sh', '-c', wanted])}`];
  expect(changesIn(found)).toMatchObject({
    'shell-form': change,
    'spawn-many': change,
    'no-ecs-tags': change,
    'cancel-grace-over-stop': change,
    'idle-timeout': [],
    'cancel-grace-no-drain': [],
  });
  expect(found.findings.find(({ rule }) => rule === 'idle-timeout')?.waitsFor).toContain('shell-form');
  const lines = preflightLines(found, places, false);
  expect(lines.filter((line) => line.includes('+ "entryPoint"'))).toHaveLength(1);
  expect(lines).toContain('    one change, also for no-ecs-tags, spawn-many, cancel-grace-over-stop:');
  expect(
    lines.filter((line) => line === '    the change shown for shell-form is also for this'),
  ).toHaveLength(3);
});

test('of two changes of one list none is shown at a place that the other one moves', () => {
  const environment = [
    { name: 'BUILDKITE_KUBERNETES_EXEC', value: 'true' },
    { name: 'A', value: 'b' },
    { name: 'BUILDKITE_AGENT_SPAWN', value: '2' },
    { name: 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', value: 'true' },
  ];
  const found = lookTogether({ taskDefinition: fargate({ stopTimeout: 120, environment }) });
  // The entries behind a removed one have other places, so the list is shown as a whole.
  const paths = found.findings.flatMap(({ edits }) => edits.map(({ path }) => pathText(path)));
  expect(paths.filter((path) => path.includes('environment'))).toEqual([
    'containerDefinitions[0].environment',
    'containerDefinitions[0].environment',
  ]);
  const changed = applyEdits(
    documentsOf({ taskDefinition: fargate({ stopTimeout: 120, environment }) } as Bundle),
    shownIn(found.findings),
  );
  const [agent] = changed.taskDefinition.value['containerDefinitions'] as readonly object[];
  expect(agent).toMatchObject({
    environment: [
      { name: 'A', value: 'b' },
      { name: 'BUILDKITE_AGENT_SPAWN', value: '1' },
      { name: 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', value: 'true' },
    ],
  });
});
