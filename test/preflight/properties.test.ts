import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/preflight/json.ts';
import { valueAt } from '../../src/preflight/json.ts';
import { applyEdits, judge } from '../../src/preflight/judge.ts';
import { RULES } from '../../src/preflight/list.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { Documents } from '../../src/preflight/documents.ts';
import type { Subject } from '../../src/preflight/subject.ts';
import '../support/seed.ts';
import { documentsOf, lookAt } from './fixtures.ts';
import type { Bundle } from './fixtures.ts';

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Members that are undefined are not there at all, as in a file. */
const bare = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

const flags = fc.subarray([
  '--tags-from-ecs-meta-data',
  '--spawn=3',
  '--cancel-grace-period=300',
  '--disconnect-after-idle-timeout=900',
  '--disconnect-after-job',
  '--kubernetes-exec',
]);
const started = fc
  .tuple(
    flags,
    fc.constantFrom('', '; echo bye', ' | cat', ' >&2'),
    fc.constantFrom('', 'set -e; ', './a && '),
  )
  .map(([given, behind, before]) => `${before}buildkite-agent start ${given.join(' ')}${behind}`.trim());
const argv = fc.oneof(
  flags.map((given) => ({ entryPoint: ['buildkite-agent', 'start', ...given] })),
  flags.map((given) => ({ command: ['start', ...given], image: 'buildkite/agent:3.116.0' })),
  started.map((script) => ({ entryPoint: ['/bin/sh', '-c', script] })),
  started.map((script) => ({ entryPoint: ['tini', '--', 'bash', '-ec'], command: [script] })),
  started.map((script) => ({ command: ['/bin/bash', '-c', `exec bash -c '${script}'`] })),
  fc.constant({}),
);
const seconds = optional(fc.constantFrom(0, 1, 3, 10, 30, 90, 120, 121, 900));
const dependsOn = optional(
  fc
    .subarray(['agent', 'proxy', 'logs', 'nobody'])
    .map((names) => names.map((containerName) => ({ containerName, condition: 'START' }))),
);
const container = (name: string) =>
  fc
    .tuple(
      argv,
      fc.record({
        stopTimeout: seconds,
        essential: optional(fc.boolean()),
        dependsOn,
        memory: optional(fc.constantFrom(128, 2048)),
        restartPolicy: optional(fc.constant({ enabled: true })),
        healthCheck: optional(
          fc.constantFrom({ command: ['CMD', 'true'] }, { command: [], startPeriod: 10 }),
        ),
        linuxParameters: optional(fc.constant({ initProcessEnabled: true })),
        environment: optional(fc.constant([{ name: 'BUILDKITE_AGENT_SPAWN', value: '2' }])),
      }),
    )
    .map(([how, rest]) => ({ name, image: 'example/image:1', ...how, ...rest }));

const bundle: fc.Arbitrary<Bundle> = fc
  .record({
    taskDefinition: fc.record({
      containerDefinitions: fc.tuple(container('agent'), container('proxy'), container('logs')),
      requiresCompatibilities: optional(fc.constantFrom(['FARGATE'], ['EC2'], ['EC2', 'FARGATE'])),
      pidMode: optional(fc.constantFrom('task', 'host')),
      memory: optional(fc.constantFrom('512', '4 GB', 'plenty')),
    }),
    service: optional(
      fc.record({
        launchType: optional(fc.constantFrom('FARGATE', 'EC2', 'EXTERNAL', 'NEW')),
        capacityProviderStrategy: optional(fc.constant([{ capacityProvider: 'FARGATE_SPOT' }])),
        desiredCount: optional(fc.constantFrom(0, 1, 7)),
        deploymentConfiguration: optional(fc.constant({ minimumHealthyPercent: 100, maximumPercent: 100 })),
        loadBalancers: optional(fc.constant([{}])),
      }),
    ),
    pipeline: optional(
      fc.record({
        steps: fc.array(
          fc.record({
            command: fc.constantFrom('make', 'sleep 400', 'if true; then sleep 400; fi'),
            key: optional(fc.constantFrom('a', 'b')),
            timeout_in_minutes: optional(fc.constantFrom(1, 30)),
            depends_on: optional(fc.constantFrom('a', ['a', { step: 'z' }])),
            retry: optional(
              fc.constantFrom({ automatic: true }, { automatic: [{ exit_status: -1 }] }, { manual: false }),
            ),
          }),
          { maxLength: 3 },
        ),
      }),
    ),
    imageConfig: optional(
      fc.record({
        Entrypoint: optional(fc.constantFrom(['tini', '--'], ['sh', '-c', 'buildkite-agent start'])),
        StopSignal: optional(fc.constantFrom('SIGQUIT', 'SIGTERM', '')),
        Env: optional(fc.constant(['BUILDKITE_KUBERNETES_EXEC=1'])),
      }),
    ),
    scenario: optional(fc.constant({ when: { step: 'a' } })),
  })
  .map((value) => bare(value) as unknown as Bundle);

function subjectAt(documents: Documents): Subject {
  const subject = subjectOf(documents, OFFLINE, 'agent');
  if ('agent' in subject) return subject;
  throw new Error('no agent');
}

/** Which rules have no change of the documents to propose, in some case or another; each says what to do instead. */
const BY_HAND = ['fargate-ceiling', 'retry-masks-loss', 'scale-in-protection', 'own-task-in-cluster'];

test('whatever the definition, who takes the advice of a rule is rid of what the rule found', () => {
  fc.assert(
    fc.property(bundle, (given) => {
      const documents = documentsOf(given);
      const before = subjectAt(documents);
      for (const rule of RULES) {
        const own = rule.judge(before).findings;
        const edits = own.flatMap((one) => one.edits);
        if (BY_HAND.includes(rule.id)) expect(edits).toEqual([]);
        if (own.length === 0 || own.some((one) => one.edits.length === 0)) continue;
        const after = rule.judge(subjectAt(applyEdits(documents, edits))).findings;
        if (after.length > 0)
          expect({ rule: rule.id, edits, after }).toEqual({ rule: rule.id, edits, after: [] });
      }
    }),
    { numRuns: 200 },
  );
});

test('a finding points at what is there, an edit says what it replaces, and every finding says what to do', () => {
  fc.assert(
    fc.property(bundle, (given) => {
      const documents = documentsOf(given);
      for (const finding of lookAt(documents).findings) {
        expect(valueAt(documents[finding.document]?.value, finding.path)).toBeDefined();
        expect(finding.todo).not.toBe('');
        for (const { document, path, before, after } of finding.edits) {
          expect(valueAt(documents[document]?.value, path)).toEqual(before);
          expect(after).not.toEqual(before);
        }
      }
    }),
    { numRuns: 300 },
  );
});

const junk = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, -1, 1e9, '', 'sh', '-c', 'FARGATE'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        'name',
        'command',
        'entryPoint',
        'dependsOn',
        'steps',
        'retry',
        'automatic',
        'memory',
        'healthCheck',
        'environment',
        'autoScalingGroupProvider',
        '__proto__',
      ),
      tie('json'),
      { maxKeys: 4 },
    ),
  ),
})).json;

test('no shape of a document makes a rule throw', () => {
  const object = fc.dictionary(
    fc.constantFrom('containerDefinitions', 'steps', 'capacityProviders', 'memory', 'Env', 'desiredCount'),
    junk,
  );
  fc.assert(
    fc.property(
      object,
      object,
      object,
      fc.array(junk, { maxLength: 2 }),
      (service, pipeline, imageConfig, extra) => {
        const agent = {
          name: 'agent',
          ...(typeof extra[0] === 'object' && !Array.isArray(extra[0]) ? extra[0] : {}),
        };
        const given = {
          taskDefinition: { containerDefinitions: [agent, ...extra] },
          service,
          pipeline,
          imageConfig,
          capacityProvider: service,
        };
        const subject = subjectOf(documentsOf(given as never), OFFLINE, 'agent');
        if ('agent' in subject) expect(judge(subject).container).toBe('agent');
      },
    ),
    { numRuns: 200 },
  );
});
