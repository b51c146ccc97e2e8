import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES } from '../../src/preflight/list.ts';
import { cli, documentIn, ROOT } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { inFolder } from './support/case.ts';
import { EXEC, SHELL, taskDefinition } from './support/files.ts';
import { standing } from './support/standing.ts';

const BEFORE = join(ROOT, 'scenarios/incident/before.json');
const AFTER = join(ROOT, 'scenarios/incident/after.json');

interface Document {
  readonly outcome: string;
  readonly exitCode: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly container: string;
  readonly findings: readonly {
    readonly rule: string;
    readonly severity: string;
    readonly file: string;
    readonly position: string | null;
    readonly path: string;
    readonly diff: readonly string[];
    readonly seen: string;
  }[];
  readonly unknown: readonly { readonly rule: string; readonly said: string }[];
}

/** Looks at texts that are written down under their names, and gives what came of it. */
async function look(files: Readonly<Record<string, string>>, args: readonly string[]): Promise<Ended> {
  return inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return cli(['preflight', ...args], folder);
  });
}

async function json(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Document & { code: number | null }> {
  const { code, stdout, stderr } = await look(files, [...args, '--json']);
  expect(stderr).toBe('');
  const document = JSON.parse(stdout) as Document;
  expect(document.exitCode).toBe(code);
  return { ...document, code };
}

describe.concurrent("the incident's definitions", () => {
  test('before: the shell form and the 30 s come first, with the lines to change', async () => {
    const { code, findings, counts, outcome } = await json(['--task-definition', BEFORE]);
    expect({ code, outcome }).toEqual({ code: 10, outcome: 'failed' });
    expect(findings.slice(0, 2)).toMatchObject([
      {
        rule: 'shell-form',
        severity: 'error',
        path: 'containerDefinitions[0].entryPoint',
        diff: [
          expect.stringMatching(/^@@ /),
          '- "entryPoint": ["/bin/sh", "-c", "buildkite-agent start --tags-from-ecs-meta-data"]',
          '+ "entryPoint": ["buildkite-agent", "start", "--tags-from-ecs-meta-data"]',
        ],
      },
      {
        rule: 'stop-timeout-missing',
        severity: 'error',
        diff: [expect.stringMatching(/^@@ /), '+ "stopTimeout": 120'],
      },
    ]);
    expect(counts).toEqual({ error: 2, warning: 0, note: 1 });
    const line =
      readFileSync(BEFORE, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('"entryPoint"')) + 1;
    expect(findings[0]?.position).toMatch(new RegExp(`^${String(line)}:`));
  });

  test('after: nothing but what is true of it', async () => {
    const { code, findings, outcome } = await json(['--task-definition', AFTER, '--strict']);
    expect({ code, outcome }).toEqual({ code: 0, outcome: 'clean' });
    expect(findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual(['note fargate-ceiling']);
  });

  test('on the screen: what, where, why, its source, the change, and what could not be known', async () => {
    const { code, stdout, stderr } = await look({}, ['--task-definition', BEFORE]);
    expect({ code, stderr }).toEqual({ code: 10, stderr: '' });
    for (const said of [
      'error shell-form',
      'before.json:11:',
      'why: ',
      'source: https://',
      '+ "stopTimeout": 120',
      'Not known:',
      'give --image-config',
      '2 errors, 1 note',
    ])
      expect(stdout).toContain(said);
  });
});

test('findings on the same line have one change, and a pipeline has its own lines', async () => {
  const files = {
    'td.json': JSON.stringify(taskDefinition({ argv: SHELL, stopTimeout: 60 })),
    'pipeline.yml': 'steps:\n  - command: sleep 80 # slow\n    key: a\n    retry:\n      automatic: true\n',
  };
  const { stdout } = await look(files, ['--task-definition', 'td.json', '--pipeline', 'pipeline.yml']);
  expect(stdout.match(/^ {4}[-+] "stopTimeout".*$/gm)).toEqual([
    '    - "stopTimeout": 60',
    '    + "stopTimeout": 120',
  ]);
  for (const said of [
    'one change, also for stop-timeout-short:',
    'the change shown for step-over-window is also for this',
    'first make the change shown for shell-form: it is one of the same lines',
    '    @@ pipeline.yml:5 @@\n    -       automatic: true\n    +       automatic:\n    +         - exit_status: -1\n',
  ])
    expect(stdout).toContain(said);
});

describe.concurrent('a definition is taken as people have it', () => {
  const short = { ...taskDefinition({ stopTimeout: 30 }) };

  test.each([
    ['as it is registered', short],
    ['as describe-task-definition prints it', { taskDefinition: short, tags: [] }],
  ])('%s, with its own paths', async (_, value) => {
    const { findings, code } = await json(['--task-definition', 'td.json'], {
      'td.json': JSON.stringify(value),
    });
    expect(code).toBe(0);
    const found = findings.find(({ rule }) => rule === 'stop-timeout-short');
    expect(found?.path).toBe(
      `${'taskDefinition' in value ? 'taskDefinition.' : ''}containerDefinitions[0].stopTimeout`,
    );
  });

  test('with comments and a comma too many; warnings are errors under --strict', async () => {
    const text = `// ours\n{ /* x */ "containerDefinitions": [{\n"name": "agent", "stopTimeout": 30, "command": ["buildkite-agent", "start"],\n}], "requiresCompatibilities": ["FARGATE"] }\n`;
    const found = await json(['--task-definition', 'td.json', '--strict'], { 'td.json': text });
    expect(found.code).toBe(10);
    expect(found.counts['error']).toBe(0);
    expect(found.findings.find(({ rule }) => rule === 'stop-timeout-short')?.position).toBe('3:33');
  });

  test.each([
    ['a comma is missing', '{\n  "a": 1\n  "b": 2 }', 'td.json:3:3', /a comma is missing/],
    ['an end is missing', '{ "containerDefinitions": [', 'td.json:1:28', /closing/],
    ['it is empty', '', 'td.json:1:1', /^it cannot be read as JSON: it is empty$/],
    ['nothing but space', ' \n\n', 'td.json:1:1', /: it is empty$/],
    ['a text', '"x"', 'td.json:1:1', /^this is not a task definition$/],
    ['null', 'null', 'td.json:1:1', /^this is not a task definition$/],
    ['nesting without end', '['.repeat(100_000), 'td.json:1:1', /: it is nested too deeply$/],
    ['UTF-16', '{\0"\0a\0', 'td.json', /is not UTF-8 text$/],
    [
      'larger than any',
      `{ "a": "${'x'.repeat(4 * 1024 * 1024)}" }`,
      'td.json',
      /is larger than the limit of 4 MiB$/,
    ],
    [
      'the answer without a container',
      '{ "taskDefinition": { "containerDefinitions": [] } }',
      'td.json:1:47',
      /at least one/,
    ],
    ['CloudFormation', '{ "Resources": {} }', 'td.json:1:1', /CloudFormation template/],
    ["CloudFormation's casing", '{\n "ContainerDefinitions": [] }', 'td.json:2:26', /spelling/],
    ["Terraform's naming", '{ "container_definitions": [] }', 'td.json:1:28', /Terraform/],
    ['no list', '{ "containerDefinitions": {} }', 'td.json:1:27', /list of at least one/],
    [
      'a number as text',
      '{ "containerDefinitions": [{ "name": "a", "stopTimeout": "120" }] }',
      'td.json:1:58',
      /whole number/,
    ],
    [
      'words as one text',
      '{ "containerDefinitions": [{ "name": "a", "command": "sh" }] }',
      'td.json:1:54',
      /list of texts/,
    ],
    ['something else', '[1]', 'td.json:1:1', /list of containers/],
  ])('bad input names its place and the next move: %s', async (_, text, at, message) => {
    const { code, stdout } = await look({ 'td.json': text }, ['--task-definition', 'td.json', '--json']);
    const [error] = documentIn(stdout).errors;
    expect({ code, at: error?.at }).toEqual({ code: 2, at });
    expect(error?.message).toMatch(message);
    expect(error?.next).not.toBe('');
  });

  test.each([
    [
      'a list without an end',
      'steps: [\n - a',
      'p.yml:2:2',
      /^it cannot be read as YAML: Block collections are not allowed/,
    ],
    ['a tab', 'steps:\n\t- command: x', 'p.yml:2:1', /: Tabs are not allowed as indentation$/],
    ['an alias of itself', 'steps: &a [*a]', 'p.yml:1:1', /: an alias refers to a value that contains it$/],
    ['nothing', '', 'p.yml:1:1', /^it cannot be read as YAML: it is empty$/],
    ['no steps', 'env: { A: b }', 'p.yml:1:1', /^it has no list of steps$/],
    ['a text', 'x', 'p.yml:1:1', /^this is not a pipeline$/],
  ])('a broken pipeline names its place: %s', async (_, text, at, message) => {
    const args = ['--task-definition', AFTER, '--pipeline', 'p.yml', '--json'];
    const { code, stdout } = await look({ 'p.yml': text }, args);
    const [error] = documentIn(stdout).errors;
    expect({ code, at: error?.at }).toEqual({ code: 2, at });
    expect(error?.message).toMatch(message);
    expect(error?.next).not.toBe('');
  });

  test('a mark before the text moves no place; a folder and bytes at random are no definition', async () => {
    const text = `\u{feff}${JSON.stringify(short)}`;
    const marked = await json(['--task-definition', 'td.json'], { 'td.json': text });
    const plain = await json(['--task-definition', 'td.json'], { 'td.json': JSON.stringify(short) });
    expect(marked).toEqual(plain);
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'td.json'));
      await writeFile(join(folder, 'noise.json'), Buffer.from([0x7b, 0xff, 0xfe, 0x80]));
      const ofFolder = await cli(['preflight', '--task-definition', 'td.json'], folder);
      expect(ofFolder).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('cannot be read: it is a folder') as string,
      });
      const ofNoise = await cli(['preflight', '--task-definition', 'noise.json'], folder);
      expect(ofNoise).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('noise.json is not UTF-8 text') as string,
      });
    });
  });

  test('without a container that can be told to be the agent it asks for --container, and takes it', async () => {
    const text = JSON.stringify({
      containerDefinitions: [
        { name: 'web', image: 'nginx' },
        { name: 'app', image: 'x' },
      ],
    });
    const asked = await look({ 'td.json': text }, ['--task-definition', 'td.json']);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/its containers: web, app[\s\S]*--container NAME/);
    const { container } = await json(['--task-definition', 'td.json', '--container', 'app'], {
      'td.json': text,
    });
    expect(container).toBe('app');
    const wrong = await look({ 'td.json': text }, ['--task-definition', 'td.json', '--container', 'db']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('no container "db"') as string });
  });

  test('nothing named, no such file, both a file and a cluster', async () => {
    for (const args of [
      [],
      ['--cluster', 'x'],
      ['--task-definition', 'nothing.json'],
      ['--task-definition', BEFORE, '--cluster', 'x'],
      ['--task-definition', BEFORE, '--json', '--sarif'],
    ])
      expect((await look({}, args)).code).toBe(2);
  });

  test('a token that stands in a definition is shown nowhere', async () => {
    const argv = ['/bin/sh', '-c', 'buildkite-agent start --token s3cr3t-of-the-agent'];
    const definition = taskDefinition({ argv, environment: { DEPLOY_TOKEN: 'another-long-secret' } });
    for (const how of [[], ['--json'], ['--sarif']]) {
      const { stdout, stderr } = await look({ 'td.json': JSON.stringify(definition) }, [
        '--task-definition',
        'td.json',
        ...how,
      ]);
      expect(stdout).toContain('shell-form');
      expect(stdout + stderr).not.toMatch(/s3cr3t-of-the-agent|another-long-secret/);
    }
  });
});

test('service, pipeline, image and capacity providers are looked at as well, from files', async () => {
  const files = {
    'td.json': JSON.stringify({ ...taskDefinition({ argv: EXEC }), requiresCompatibilities: ['EC2'] }),
    'service.json': JSON.stringify({
      services: [
        {
          serviceName: 'a',
          desiredCount: 1,
          capacityProviderStrategy: [{ capacityProvider: 'hosts' }],
          deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 },
        },
      ],
    }),
    'pipeline.yml':
      'steps:\n  - key: integration\n    command: make\n    timeout_in_minutes: 10\n    retry: { automatic: true }\n  - wait\n',
    'image.json': JSON.stringify([
      { Id: 'sha256:1', Config: { Entrypoint: ['/sbin/tini', '--'], StopSignal: 'SIGQUIT' } },
    ]),
    'providers.json': JSON.stringify({
      capacityProviders: [{ name: 'hosts', autoScalingGroupProvider: { managedDraining: 'DISABLED' } }],
    }),
  };
  const args = [
    '--task-definition',
    'td.json',
    '--service',
    'service.json',
    '--pipeline',
    'pipeline.yml',
    '--image-config',
    'image.json',
    '--capacity-provider',
    'providers.json',
  ];
  const { findings, code } = await json(args, files);
  expect(code).toBe(10);
  const at = Object.fromEntries(
    findings.map(({ rule, path, position }) => [rule, `${path} ${position ?? ''}`]),
  );
  expect(at).toMatchObject({
    'deployment-percentages': expect.stringMatching(/^services\[0\]\.deploymentConfiguration 1:/) as string,
    'stop-signal': expect.stringMatching(/^\[0\]\.Config\.StopSignal 1:/) as string,
    'entry-point-bypasses-init': expect.stringContaining('containerDefinitions[0].entryPoint') as string,
    'managed-draining': expect.stringContaining('capacityProviders[0].autoScalingGroupProvider') as string,
    'retry-misses-lost-agent': 'steps[0].retry.automatic 5:25',
    'step-over-window': 'steps[0] 2:5',
  });
  const broken = await look({ ...files, 'pipeline.yml': 'steps:\n  - "a\n' }, args);
  expect(broken.stderr).toMatch(/pipeline\.yml:\d+:\d+ error: it cannot be read as YAML/);
});

describe.concurrent('a Dockerfile says what the image starts', () => {
  const files = {
    'td.json': JSON.stringify({
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'agent', image: 'example/buildkite-agent:1', stopTimeout: 120 }],
    }),
    Dockerfile: [
      'FROM golang:1 AS build',
      'ENTRYPOINT ["other"]',
      'FROM debian:12',
      'COPY <<EOF /hook',
      'ENTRYPOINT ["evil"]',
      'EOF',
      'STOPSIGNAL SIGQUIT',
      'ENTRYPOINT buildkite-agent start \\',
      '  # so that it can be mapped',
      '  --tags-from-ecs-meta-data',
    ].join('\n'),
  };
  const args = ['--task-definition', 'td.json', '--dockerfile', 'Dockerfile'];

  test('its findings have its lines, and the lines to change', async () => {
    const { code, findings, unknown } = await json(args, files);
    expect(code).toBe(10);
    const found = findings.filter(({ file }) => file === 'Dockerfile');
    expect(found).toMatchObject([
      {
        rule: 'shell-form',
        severity: 'error',
        ...{ position: '8:1', path: 'ENTRYPOINT' },
        diff: [
          '@@ Dockerfile:8 @@',
          expect.stringMatching(/^- ENTRYPOINT buildkite-agent start +--tags-from-ecs-meta-data$/),
          '+ ENTRYPOINT ["buildkite-agent", "start", "--tags-from-ecs-meta-data"]',
        ],
      },
      {
        rule: 'stop-signal',
        severity: 'error',
        ...{ position: '7:1', path: 'STOPSIGNAL' },
        diff: ['@@ Dockerfile:7 @@', '- STOPSIGNAL SIGQUIT', '+ STOPSIGNAL SIGTERM'],
      },
    ]);
    expect(unknown).toContainEqual({
      rule: 'shell-form',
      said: 'the shell form is run by /bin/sh -c, if the base image debian:12 sets no other SHELL',
    });
  });

  test('SARIF points at them', async () => {
    const { stdout } = await look(files, [...args, '--sarif']);
    const { runs } = JSON.parse(stdout) as { runs: { results: unknown[] }[] };
    expect(runs[0]?.results[0]).toMatchObject({
      ruleId: 'shell-form',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'Dockerfile' },
            region: { startLine: 8, startColumn: 1 },
          },
        },
      ],
    });
  });

  test('what its base image decides is not known', async () => {
    const { code, unknown } = await json(args, {
      ...files,
      Dockerfile: 'FROM debian:12\nCMD ["buildkite-agent"]',
    });
    expect(code).toBe(0);
    for (const rule of ['shell-form', 'stop-signal'])
      expect(unknown).toContainEqual({
        rule,
        said: expect.stringMatching(/the Dockerfile leaves it to its base image debian:12/) as string,
      });
  });

  test.each([
    ['no FROM', 'ARG A=1', 'Dockerfile:1:1', /no FROM/],
    ['nothing', '', 'Dockerfile:1:1', /it is empty/],
    ['an unknown instruction', 'FROM a\nENTRYPONT x', 'Dockerfile:2:1', /"ENTRYPONT" is no instruction/],
    ['numbers in the exec form', 'FROM a\nCMD [1]', 'Dockerfile:2:1', /texts only/],
    ['bytes', 'FROM a\0', 'Dockerfile', /is not UTF-8 text/],
    ['larger than any', `FROM a\n#${'x'.repeat(256 * 1024)}`, 'Dockerfile', /limit of 0\.25 MiB/],
  ])('bad input names its place and the next move: %s', async (_, text, at, message) => {
    const { code, stdout } = await look({ ...files, Dockerfile: text }, [...args, '--json']);
    const [error] = documentIn(stdout).errors;
    expect({ code, at: error?.at }).toEqual({ code: 2, at });
    expect(error?.message).toMatch(message);
    expect(error?.next).not.toBe('');
  });

  test('so are no such file, a folder, an inspected image beside it, and a service that runs', async () => {
    const named = async (file: string, ...more: readonly string[]) =>
      look(files, ['--task-definition', 'td.json', '--dockerfile', file, ...more]);
    expect(await named('nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such file') as string,
    });
    expect(await named('.')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is a folder') as string,
    });
    expect(await named('Dockerfile', '--image-config', 'td.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dockerfile') as string,
    });
    const running = await look(files, ['--cluster', 'a', '--service', 'b', '--dockerfile', 'Dockerfile']);
    expect(running).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--task-definition FILE') as string,
    });
  });
});

describe.concurrent("the agent's hooks", () => {
  const put = (body: string) => `curl -X PUT "$ECS_AGENT_URI/task-protection/v1/state" -d '${body}'`;
  const files = {
    'td.json': JSON.stringify(taskDefinition({ argv: EXEC, stopTimeout: 30 })),
    'pre-command': `#!/bin/sh\n${put('{"ProtectionEnabled":true}')}\n`,
    'pipeline.yml': 'steps: [{ key: long, command: sleep 9000 }]',
  };
  const args = ['--task-definition', 'td.json', '--pipeline', 'pipeline.yml', '--hooks', '.'];

  test('a finding has the line of the hook, and the line to change', async () => {
    const { code, findings } = await json(args, files);
    expect(code).toBe(10);
    expect(findings.filter(({ file }) => file === 'pre-command')).toMatchObject([
      {
        ...{ rule: 'protection-expiry', severity: 'error', position: '2:1', path: '' },
        diff: [
          '@@ pre-command:2 @@',
          `- ${put('{"ProtectionEnabled":true}')}`,
          `+ ${put('{"ProtectionEnabled":true,"ExpiresInMinutes":150}')}`,
        ],
      },
      { rule: 'protection-not-lifted', severity: 'warning', position: '2:1' },
    ]);
  });

  test('a program is no bad input: what it does is not known', async () => {
    const { findings, unknown } = await json(args, { ...files, 'pre-exit': 'ELF\0' });
    expect(findings.map(({ rule }) => rule)).not.toContain('protection-not-lifted');
    expect(unknown).toContainEqual({
      rule: 'protection-not-lifted',
      said: expect.stringContaining('pre-exit') as string,
    });
  });

  test.each([
    ['nowhere', /cannot be read: there is no such folder/],
    ['td.json', /cannot be read: it is a file/],
    ['/', /holds no hook of an agent/],
  ])('bad input is found before anything is contacted: --hooks %s', async (folder, message) => {
    const running = ['--cluster', 'a', '--service', 'b', '--hooks', folder, '--json'];
    const { code, stdout } = await look(files, running);
    const [error] = documentIn(stdout).errors;
    expect({ code, at: error?.at }).toEqual({ code: 2, at: folder });
    expect(error?.message).toMatch(message);
    expect(error?.next).toContain("folder of the agent's hooks");
  });
});

test('SARIF: every result names a rule of the driver, a place in a file and a level', async () => {
  const { code, stdout } = await look(
    { 'td.json': JSON.stringify(taskDefinition({ argv: SHELL }), null, 2) },
    ['--task-definition', 'td.json', '--sarif'],
  );
  expect(code).toBe(10);
  const log = JSON.parse(stdout) as {
    version: string;
    $schema: string;
    runs: {
      tool: {
        driver: {
          name: string;
          rules: {
            id: string;
            shortDescription: { text: string };
            defaultConfiguration: { level: string };
          }[];
        };
      };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations: {
          physicalLocation: {
            artifactLocation: { uri: string };
            region: { startLine: number; startColumn: number };
          };
        }[];
      }[];
      invocations: {
        executionSuccessful: boolean;
        toolExecutionNotifications: {
          level: string;
          message: { text: string };
          associatedRule: { id: string; index: number };
        }[];
      }[];
    }[];
  };
  expect(log).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-2.1.0') as string });
  const [run] = log.runs;
  const rules = run?.tool.driver.rules ?? [];
  expect(rules.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id));
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  expect(run?.results.length).toBeGreaterThan(1);
  for (const { ruleId, ruleIndex, level, message, locations } of run?.results ?? []) {
    expect(rules[ruleIndex]?.id).toBe(ruleId);
    expect(['error', 'warning', 'note']).toContain(level);
    expect(message.text).not.toBe('');
    const [{ physicalLocation } = { physicalLocation: null }] = locations;
    expect(physicalLocation?.artifactLocation.uri).toBe('td.json');
    expect(physicalLocation?.region.startLine).toBeGreaterThan(0);
    expect(physicalLocation?.region.startColumn).toBeGreaterThan(0);
  }
  expect(run?.invocations[0]?.toolExecutionNotifications.length).toBeGreaterThan(0);
  for (const { associatedRule } of run?.invocations[0]?.toolExecutionNotifications ?? [])
    expect(rules[associatedRule.index]?.id).toBe(associatedRule.id);
});

test('a history says how long the steps took, and where it is wrong', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => `integration,${String(100 + index * 2)}`);
  const files = { 'jobs.csv': ['step,seconds', ...rows].join('\n') };
  const args = ['--task-definition', AFTER, '--history', 'jobs.csv'];
  const { findings, unknown } = await json(args, files);
  expect(findings.find(({ rule }) => rule === 'step-over-window')).toMatchObject({
    severity: 'note',
    path: 'containerDefinitions[0].stopTimeout',
    seen: 'step integration took 138 s in the median and 174 s in the 95th percentile of 40 passed jobs, and the agent has 120 s to drain',
  });
  expect(unknown.map(({ rule }) => rule)).not.toContain('step-over-window');
  const wrong = await look({ 'jobs.csv': 'step,seconds\nintegration,soon' }, args);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('jobs.csv:2:13') as string });
  const none = await look({}, args);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') as string });
});

test('what a scenario names stands in its file, so that SARIF can point at it', async () => {
  const scenario = [
    'version: 1',
    'title: x',
    'build: { organization: acme, pipeline: canary }',
    'cluster: { region: us-east-1, name: build-prod, service: build-agents }',
    'when: { step: lint, inFlightFor: 1s }',
    'inject: { fault: stop-task }',
  ].join('\n');
  const files = { 'pipeline.yml': 'steps:\n  - { key: test, command: x }\n', 'drill.yaml': scenario };
  const args = ['--task-definition', AFTER, '--pipeline', 'pipeline.yml', '--scenario', 'drill.yaml'];
  const { findings } = await json(args, files);
  expect(findings.find(({ rule }) => rule === 'missing-step-key')).toMatchObject({
    file: 'drill.yaml',
    position: '5:15',
    diff: ['@@ drill.yaml when @@', '- "step": "lint"', '+ "step": "test"'],
  });
});

describe('a service that runs', () => {
  test('is looked at by a scenario and by its name; nothing is changed there', async () => {
    await standing(
      {
        steps: [],
        texts: { 'canary.yaml': 'steps:\n  - key: integration # ours\n    command: make\n' },
        container: { argv: SHELL, stopTimeout: 60 },
        rig: { history: { canary: [{ step: 'integration', took: ['70s', '90s', '80s'] }] } },
      },
      async (stage) => {
        const scenarioOf = async (step: string): Promise<string> => {
          const file = join(stage.folder, `${step}.yaml`);
          const whole = {
            ...{ version: 1, title: 'x', build: { organization: 'acme', pipeline: 'canary' } },
            cluster: { region: 'us-east-1', name: 'build-prod', service: 'build-agents' },
            when: { step },
            inject: { fault: 'stop-task' },
          };
          await writeFile(file, JSON.stringify(whole));
          return file;
        };
        const known = await cli(
          ['preflight', '--scenario', await scenarioOf('integration'), '--json'],
          stage.folder,
          stage.env,
        );
        expect((JSON.parse(known.stdout) as Document).findings).toContainEqual(
          expect.objectContaining({
            rule: 'step-over-window',
            severity: 'error',
            seen: 'step integration took 80 s in the median and 90 s in the 95th percentile of 3 passed jobs, and the agent has 60 s to drain',
            // As long as Fargate allows, for stop-timeout-short too.
            diff: [expect.stringContaining('@@') as string, '- "stopTimeout": 60', '+ "stopTimeout": 120'],
          }),
        );
        expect((JSON.parse(known.stdout) as Document).findings).toContainEqual(
          expect.objectContaining({
            rule: 'retry-misses-lost-agent',
            diff: [
              '@@ pipeline canary:4 @@',
              '+     retry:',
              '+       automatic:',
              '+         - exit_status: -1',
              '+           limit: 2',
            ],
          }),
        );
        const scenario = await scenarioOf('lint');
        const byScenario = await cli(
          ['preflight', '--scenario', scenario, '--json'],
          stage.folder,
          stage.env,
        );
        expect({ code: byScenario.code, stderr: byScenario.stderr }).toEqual({ code: 10, stderr: '' });
        const rules = (JSON.parse(byScenario.stdout) as Document).findings.map(({ rule }) => rule);
        expect(rules).toEqual(
          expect.arrayContaining([
            'shell-form',
            'missing-step-key',
            'stop-timeout-short',
            'scale-in-protection',
            'retry-misses-lost-agent',
          ]),
        );
        expect((JSON.parse(byScenario.stdout) as Document).unknown).toContainEqual({
          rule: 'step-over-window',
          said: 'how long step lint takes: no passed job of it is known',
        });
        const { BUILDKITE_API_TOKEN: _, ...withoutToken } = stage.env;
        const byName = await cli(
          ['preflight', '--cluster', 'build-prod', '--service', 'build-agents', '--json'],
          stage.folder,
          withoutToken,
        );
        expect((JSON.parse(byName.stdout) as Document).findings.map(({ rule }) => rule)).toContain(
          'shell-form',
        );
        const nowhere = await cli(
          ['preflight', '--cluster', 'build-prod', '--service', 'nothing', '--json'],
          stage.folder,
          stage.env,
        );
        expect(nowhere.code).toBe(4);
        expect(documentIn(nowhere.stdout).errors[0]?.message).toContain('no service "nothing"');
        expect((await stage.counts()).stopTaskLanded).toEqual({});
      },
    );
  });
});
