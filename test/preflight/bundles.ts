import fc from 'fast-check';
import type { JsonObject } from '../../src/preflight/json.ts';
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

/** Documents as people might write them, good and bad. */
export const bundle: fc.Arbitrary<Bundle> = fc
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
