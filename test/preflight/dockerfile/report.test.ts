import { describe, expect, test } from 'vitest';
import { OFFLINE, type Documents } from '../../../src/preflight/documents.ts';
import { readDockerfile } from '../../../src/preflight/dockerfile.ts';
import { fixDefinition } from '../../../src/preflight/fix.ts';
import { hideDocuments } from '../../../src/preflight/hidden.ts';
import { judge, type Preflight } from '../../../src/preflight/judge.ts';
import { preflightDocument, preflightLines, type Places } from '../../../src/preflight/report.ts';
import { secretsIn } from '../../../src/preflight/secret-values.ts';
import { placesOf } from '../../../src/preflight/service.ts';
import { subjectOf } from '../../../src/preflight/subject-of.ts';

interface Looked {
  readonly documents: Documents;
  readonly preflight: Preflight;
  readonly places: Places;
}

/** A look at a definition that leaves its start to the image of this Dockerfile. */
function look(lines: readonly string[], container: object = {}): Looked {
  const text = lines.join('\n');
  const read = readDockerfile(text);
  if ('why' in read) throw new Error(read.why);
  const agent = { name: 'agent', image: 'example/agent:1', stopTimeout: 120, ...container };
  const documents: Documents = {
    ...{ service: null, pipeline: null, capacityProvider: null, scenario: null, hooks: null },
    taskDefinition: {
      value: { requiresCompatibilities: ['FARGATE'], containerDefinitions: [agent] },
      ...{ base: [], name: 'task.json' },
    },
    imageConfig: { value: read.value, base: [], name: 'Dockerfile', open: read.open },
  };
  const hidden = hideDocuments(documents);
  const subject = subjectOf(hidden, OFFLINE, 'agent');
  if (!('agent' in subject)) throw new Error('no agent');
  const preflight = judge(subject);
  const unknown = [...preflight.unknown, ...read.assumed];
  return {
    documents: hidden,
    preflight: { ...preflight, unknown },
    places: placesOf({ imageConfig: read }, documents),
  };
}

/** Findings as `severity rule place`, with the lines to change. */
function foundIn({ preflight, places }: Looked) {
  const { findings } = preflightDocument(preflight, places) as {
    findings: { rule: string; file: string; position: string | null; path: string; diff: string[] }[];
  };
  return findings
    .filter(({ file }) => file === 'Dockerfile')
    .map(({ rule, position, path, diff }) => ({ at: `${rule} ${position ?? ''} ${path}`, diff }));
}

function unknownIn({ preflight }: Looked, rule: string): readonly string[] {
  return preflight.unknown.filter((one) => one.rule === rule).map(({ said }) => said);
}

const TAGS = '--tags-from-ecs-meta-data';

describe('findings stand in the Dockerfile, with the line to change', () => {
  test('the report', async () => {
    const looked = look([
      '# syntax=docker/dockerfile:1',
      'ARG BASE=debian:12',
      'FROM golang:1 AS build',
      'RUN go build ./...',
      '',
      'FROM ${BASE}',
      'ENV DEPLOY_TOKEN=a-secret-of-the-image \\',
      '    BUILDKITE_AGENT_SPAWN=2',
      'STOPSIGNAL SIGQUIT',
      'ENTRYPOINT buildkite-agent start \\',
      '    # so that it can be mapped',
      `    ${TAGS} --token another-secret-of-it`,
    ]);
    const lines = preflightLines(looked.preflight, looked.places, false).join('\n');
    expect(lines).not.toMatch(/a-secret-of-the-image|another-secret-of-it/);
    await expect(`${lines}\n`).toMatchFileSnapshot('../../golden/preflight/dockerfile.txt');
  });

  test('the shell form of CMD behind an init', () => {
    const looked = look(['FROM x', 'ENTRYPOINT ["tini", "--"]', `CMD buildkite-agent start ${TAGS}`]);
    expect(foundIn(looked)[0]).toEqual({
      at: 'shell-form 3:1 CMD',
      diff: [
        '@@ Dockerfile:2 @@',
        '- ENTRYPOINT ["tini", "--"]',
        `+ ENTRYPOINT ["tini", "--", "buildkite-agent", "start", "${TAGS}"]`,
        '@@ Dockerfile:3 @@',
        `- CMD buildkite-agent start ${TAGS}`,
      ],
    });
  });

  test('a script that stays a script keeps the shell form', () => {
    const looked = look(['FROM x', `ENTRYPOINT prepare && buildkite-agent start ${TAGS}`]);
    expect(foundIn(looked)[0]?.diff).toEqual([
      '@@ Dockerfile:2 @@',
      `- ENTRYPOINT prepare && buildkite-agent start ${TAGS}`,
      `+ ENTRYPOINT prepare && exec buildkite-agent start ${TAGS}`,
    ]);
  });

  test('a variable, at its own line', () => {
    const looked = look([
      'FROM x',
      'ENV A=1 \\',
      '  BUILDKITE_AGENT_SPAWN=3',
      `ENTRYPOINT ["buildkite-agent", "start", "${TAGS}"]`,
    ]);
    expect(foundIn(looked)).toContainEqual({
      at: 'spawn-many 3:3 ENV.BUILDKITE_AGENT_SPAWN',
      diff: ['@@ Dockerfile:3 @@', '- ENV BUILDKITE_AGENT_SPAWN=3', '+ ENV BUILDKITE_AGENT_SPAWN=1'],
    });
  });

  test("a line that the file does not have yet, on Buildkite's own image", () => {
    const { preflight, places } = look(['FROM buildkite/agent:3', 'USER me']);
    const document = preflightDocument(preflight, places) as { findings: { rule: string; diff: string[] }[] };
    expect(document.findings.find(({ rule }) => rule === 'no-ecs-tags')?.diff).toEqual([
      '@@ Dockerfile:1 @@',
      `+ CMD ["start", "${TAGS}"]`,
    ]);
  });

  test('nothing, where the definition replaces what the image starts', () => {
    const looked = look(['FROM x', 'ENTRYPOINT buildkite-agent start'], {
      entryPoint: ['buildkite-agent', 'start', TAGS],
    });
    expect(foundIn(looked)).toEqual([]);
  });

  test('who takes the advice is rid of the findings', () => {
    const { documents } = look(['FROM x', 'STOPSIGNAL SIGQUIT', 'ENTRYPOINT buildkite-agent start']);
    const fixed = fixDefinition(documents, OFFLINE, 'agent');
    expect(fixed?.rules).toEqual(expect.arrayContaining(['shell-form', 'stop-signal', 'no-ecs-tags']));
    expect(fixed?.documents.imageConfig?.value).toMatchObject({
      StopSignal: 'SIGTERM',
      Entrypoint: ['buildkite-agent', 'start', TAGS],
    });
    expect(fixed?.preflight.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });
});

test('secrets of the command line and of variables are known, so that nothing prints them', () => {
  const read = readDockerfile(
    'FROM x\nENV DEPLOY_TOKEN=a-secret-of-it\nENTRYPOINT ["buildkite-agent", "start", "--token", "another-secret"]',
  );
  if ('why' in read) throw new Error(read.why);
  const imageConfig = { value: read.value, base: [], name: 'Dockerfile', open: read.open };
  const taskDefinition = { value: {}, base: [], name: 'task.json' };
  const none = { service: null, pipeline: null, capacityProvider: null, scenario: null, hooks: null };
  expect(secretsIn({ ...none, taskDefinition, imageConfig })).toEqual(['a-secret-of-it', 'another-secret']);
});

describe('what the file does not show is not known', () => {
  test('an entry point and a signal of the base image', () => {
    const looked = look(['FROM debian:12', 'CMD ["buildkite-agent", "start"]']);
    const left =
      /the Dockerfile leaves it to its base image debian:12 \(give --image-config of the built image\)$/;
    expect(unknownIn(looked, 'shell-form')).toEqual([expect.stringMatching(left)]);
    expect(unknownIn(looked, 'stop-signal')).toEqual([expect.stringMatching(left)]);
    expect(unknownIn(looked, 'no-ecs-tags')).toEqual([expect.stringMatching(/debian:12/)]);
    expect(foundIn(looked)).toEqual([]);
  });

  test("a shell that CMD starts is found all the same, whatever the base image's entry point", () => {
    expect(foundIn(look(['FROM debian:12', 'CMD buildkite-agent start']))[0]?.at).toBe('shell-form 2:1 CMD');
  });

  test('an entry point that another replaces, of which nobody knows whether it was an init', () => {
    const looked = look(['FROM debian:12'], { entryPoint: ['buildkite-agent', 'start'] });
    expect(unknownIn(looked, 'entry-point-bypasses-init')).toEqual([expect.stringMatching(/debian:12/)]);
    expect(
      unknownIn(
        look(['FROM debian:12', 'ENTRYPOINT ["x"]'], { entryPoint: ['buildkite-agent', 'start'] }),
        'entry-point-bypasses-init',
      ),
    ).toEqual([]);
  });

  test('a setting that a build argument decides, and no other one', () => {
    const looked = look([
      'FROM x',
      'ARG T',
      'ENV BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA=$T',
      'ENTRYPOINT ["buildkite-agent", "start"]',
    ]);
    expect(unknownIn(looked, 'no-ecs-tags')).toEqual([
      'the flags of the agent: ENV BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA of the image: the build argument T has no default',
    ]);
    expect(unknownIn(looked, 'idle-timeout')).toEqual([]);
  });

  test("the official entry point that the definition replaces had an init, and takes the words behind the agent's name", () => {
    const { preflight } = look(['FROM buildkite/agent:3'], { entryPoint: ['buildkite-agent', 'start'] });
    const found = preflight.findings.find(({ rule }) => rule === 'entry-point-bypasses-init');
    expect(found?.edits.map(({ after }) => after)).toEqual([undefined, ['start']]);
  });
});
