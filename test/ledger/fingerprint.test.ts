import { describe, expect, it } from 'vitest';
import { canonicalJson, keyOfRecord } from '../../src/ledger/document.ts';
import { documentOf } from '../../src/ledger/from-journal.ts';
import { fingerprintOf } from '../../src/ledger/seal.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { readFingerprinted, type WorkerFacts } from '../../src/worker/fingerprinted.ts';
import { readNamedLaunch } from '../../src/worker/launch.ts';
import { hideStart } from '../../src/worker/hidden-start.ts';
import { aContainerDefinition, aTaskDefinition, DEFINITION_ARN } from '../support/builders.ts';
import { DRILL, fact, story, type Told } from '../support/journal-builders.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function facts(over: Partial<WorkerFacts> = {}): WorkerFacts {
  return {
    containers: [aContainerDefinition({ image: 'registry.example.com/team/worker:7' })],
    agent: 'agent',
    launch: readNamedLaunch('FARGATE'),
    platform: 'LINUX',
    digests: { agent: DIGEST },
    agentVersion: '3.138.0',
    fault: 'stop-task',
    ...over,
  };
}

const print = (over: Partial<WorkerFacts> = {}): string =>
  fingerprintOf(readFingerprinted(facts(over)).worker);
const own = (over: Parameters<typeof aContainerDefinition>[0]): Partial<WorkerFacts> => ({
  containers: [aContainerDefinition({ image: 'registry.example.com/team/worker:7', ...over })],
});
const unknownsOf = (over: Partial<WorkerFacts>): readonly string[] => readFingerprinted(facts(over)).unknowns;

function read(told: Told): LedgerDocument {
  const document = documentOf(story(told), '1.0.0');
  if (document === null) throw new Error('the drill has no document');
  return document;
}

describe('a fingerprint', () => {
  it('is SHA-256 of canonical JSON, so that the order of members does not count', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: 2 })).toBe('{"a":2,"b":[1,{"c":"x","d":null}]}');
    expect(print()).toMatch(/^[0-9a-f]{64}$/);
    const { worker } = readFingerprinted(facts());
    const [container] = worker.containers;
    if (container === undefined) throw new Error('no container');
    const turned = Object.fromEntries(Object.entries(container).toReversed()) as typeof container;
    expect(fingerprintOf({ ...worker, containers: [turned] })).toBe(print());
  });

  const gateway = aContainerDefinition({ name: 'gateway', image: 'team/gateway:1', essential: false });
  it.each<[string, Partial<WorkerFacts>]>([
    ['the start', own({ command: ['buildkite-agent', 'start', '--disconnect-after-job'] })],
    ['a shell around the start', own({ entryPoint: ['sh', '-c'], command: ['buildkite-agent start'] })],
    ["a variable that is the agent's setting", own({ environment: { BUILDKITE_CANCEL_GRACE_PERIOD: '60' } })],
    ['a stop time-out', own({ stopTimeout: 60_000 })],
    ['an init', own({ initProcess: true })],
    ['essential', own({ essential: false })],
    ['the order of stops', own({ dependsOn: ['gateway'], conditions: { gateway: 'START' } })],
    ['one more container', { containers: [aContainerDefinition(), gateway] }],
    ['the launch type', { launch: readNamedLaunch('EC2') }],
    ['the platform', { platform: 'WINDOWS_SERVER_2022_CORE' }],
    ['the digest of the image', { digests: { agent: `sha256:${'b'.repeat(64)}` } }],
    ['a digest that is not known', { digests: {} }],
    ["the agent's version", { agentVersion: '3.139.0' }],
    ['a version that is not known', { agentVersion: null }],
    ['the fault', { fault: 'scale-in' }],
  ])('changes with %s', (_what, over) => {
    expect(print(over)).not.toBe(print());
  });

  it.each<[string, Partial<WorkerFacts>]>([
    ['the tag of an image whose digest is the same', own({ image: 'other.example.com/team/worker:8' })],
    [
      'labels of the fleet',
      own({ environment: { BUILDKITE_AGENT_TAGS: 'queue=a', BUILDKITE_AGENT_QUEUE: 'a' } }),
    ],
    ['variables that nothing reads', own({ environment: { AWS_REGION: 'eu-west-1' } })],
    ['spot capacity, which decides only how the fault comes', { launch: readNamedLaunch('FARGATE_SPOT') }],
  ])('does not change with %s', (_what, over) => {
    expect(print(over)).toBe(print());
  });

  it('takes the digest by which a definition pins the image', () => {
    expect(print({ ...own({ image: `team/worker@${DIGEST}` }), digests: {} })).toBe(print());
  });

  it('on Fargate, is the same for the default stop time-out and for the same one written down', () => {
    expect(print(own({ stopTimeout: null }))).toBe(print(own({ stopTimeout: 30_000 })));
  });

  it('is the same for a file and for a journal, in which each drill hides secrets by a key of its own', () => {
    const secret = aContainerDefinition({
      entryPoint: ['sh', '-c'],
      command: ['export API_TOKEN=swordfish-swordfish; exec buildkite-agent start $FLAGS'],
      environment: { FLAGS: '--disconnect-after-idle-timeout 10 --token swordfish' },
    });
    const hidden = [1, 2].map((drill) => hideStart(secret, (value) => `hidden-${drill}${value.length}f`));
    const prints = [secret, ...hidden].map((container) => print({ containers: [container] }));
    expect(new Set(prints).size).toBe(1);
    const { worker } = readFingerprinted(facts({ containers: [secret] }));
    expect(JSON.stringify(worker)).not.toContain('swordfish');
    expect(worker.containers[0]?.settings).toEqual({
      FLAGS: '--disconnect-after-idle-timeout 10 --token hidden',
    });
  });

  it('names what could not be known', () => {
    expect(unknownsOf({})).toEqual([]);
    expect(unknownsOf({ digests: {}, agentVersion: null, platform: null })).toEqual([
      'the platform is not known',
      "the agent's version is not known",
      'the image of container agent is known by its name team/worker:7 alone, not by its digest',
    ]);
    expect(unknownsOf({ ...own({ stopTimeout: null }), launch: readNamedLaunch('EC2') })).toEqual([
      "the stop time-out of container agent is its host's, which no API shows",
    ]);
    const config = { command: ['buildkite-agent', 'start', '--config', '/etc/agent.cfg'] };
    expect(unknownsOf(own(config))).toEqual(["the agent's settings in /etc/agent.cfg are not read"]);
    const script = { entryPoint: ['/start.sh'], command: [], environment: { DRAIN_FOR: '10' } };
    expect(unknownsOf(own(script))).toEqual([
      'the start may read variables whose values are not compared: DRAIN_FOR',
    ]);
  });
});

describe('the document of a drill', () => {
  const told: Told = { container: { imageDigest: DIGEST } };

  it('stands under its world, fingerprint, day and drill', () => {
    const document = read(told);
    expect(keyOfRecord(document)).toBe(`v1/real/${document.fingerprint}/2026-11-24/${DRILL}.json`);
    const rig = read({ ...told, plan: { label: 'rig' } });
    expect(keyOfRecord(rig)).toBe(`v1/rig/${document.fingerprint}/2026-11-24/${DRILL}.json`);
  });

  it('has the worker of a definition that is read from a file', () => {
    const { worker } = readFingerprinted(facts({ containers: [aContainerDefinition()] }));
    const definition = aTaskDefinition({ arn: DEFINITION_ARN, platform: 'LINUX' });
    const document = read({ ...told, definition: null, before: [fact('task-definition', definition)] });
    expect(document.worker).toEqual(worker);
    expect(document.unknowns).toEqual([]);
  });

  it('has no worker where the definition was never read', () => {
    const document = read({ definition: null });
    expect(document).toMatchObject({ worker: null, fingerprint: 'unknown' });
  });
});
