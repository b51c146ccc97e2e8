import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scenario } from '../../src/scenario/schema.ts';
import { loadScenarios } from '../../src/scenario/load.ts';
import { GOOD } from './marked.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-scenario-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('loading scenario files', () => {
  it('fills in every default', async () => {
    const loaded = await loadScenarios([await file('a.yaml', GOOD)], {}, {});
    expect(loaded.errors).toEqual([]);
    const scenario = loaded.scenarios[0]?.scenario;
    expect(Scenario.parse(scenario)).toEqual(scenario);
    expect(scenario).toEqual({
      version: 1,
      title: 'A step in flight survives',
      build: {
        organization: 'acme',
        pipeline: 'canary',
        number: null,
        count: 1,
        branch: null,
        follow: 'none',
        commit: 'HEAD',
        message: 'gameday: A step in flight survives',
        env: {},
      },
      cluster: {
        region: 'us-east-1',
        name: 'build-prod',
        service: 'build-agents',
        family: null,
        taskTag: null,
        container: null,
        sharedTask: 'forbidden',
        mapping: 'tag',
        imageConfig: null,
      },
      when: {
        trigger: 'step-in-flight',
        step: 'integration',
        inFlightFor: 3000,
        startWithin: 600_000,
        attempts: 1,
      },
      inject: { fault: 'stop-task' },
      expect: {
        build: 'passed',
        drain: { within: null },
        idle: { within: null },
        touched: 'all',
        worker: 'drains',
        handover: 'forbidden',
        containers: {},
      },
      limits: { verdictWithin: 1_200_000, pollEvery: 2000, signalLag: null },
      safety: {
        allowLastWorker: false,
        settled: 'wait',
        mark: 'on',
        tasks: 1,
        window: null,
        drillsAtOnce: 1,
        minimumInterval: 0,
        killSwitch: null,
        haltWhen: [],
      },
      preflight: 'warn',
      notify: [],
      secrets: [],
      rig: null,
      control: null,
    });
  });

  it('makes paths absolute from the scenario file, and takes region and service out of ARNs', async () => {
    await mkdir(join(folder, 'rigs'));
    await file('rigs/a.yaml', '');
    const text = GOOD.replace('  region: us-east-1\n', '')
      .replace('name: build-prod', 'name: arn:aws:ecs:eu-west-1:123456789012:cluster/build-prod')
      .replace(
        'service: build-agents',
        'service: arn:aws:ecs:eu-west-1:123456789012:service/build-prod/build-agents',
      );
    const safety = `rig: rigs/a.yaml
safety:
  killSwitch: ../off
  haltWhen: [{ name: deploy, file: deploying }]
  window: { timeZone: Europe/Berlin, hours: 22:00-06:00, blackout: [2026-12-24] }
`;
    const loaded = await loadScenarios([await file('a.yaml', text + safety)], {}, {});
    expect(loaded.errors).toEqual([]);
    expect(loaded.scenarios[0]?.scenario).toMatchObject({
      cluster: { region: 'eu-west-1', service: 'build-agents' },
      rig: join(folder, 'rigs/a.yaml'),
      safety: {
        killSwitch: join(folder, '../off'),
        haltWhen: [{ name: 'deploy', file: join(folder, 'deploying') }],
        window: { timeZone: 'Europe/Berlin', from: '22:00', to: '06:00', blackout: ['2026-12-24'] },
      },
    });
  });

  it('gives the same digest for the same meaning, and another for another', async () => {
    const other = GOOD.replace('version: 1\n', '').concat('version: 1\nlimits: { pollEvery: 2000ms }\n');
    const files = [
      await file('a.yaml', GOOD),
      await file('b.yaml', other),
      await file('c.yaml', GOOD.replace('3s', '4s')),
      await file('d.yaml', GOOD.replace('3s', '${WAIT}')),
    ];
    const { scenarios, errors } = await loadScenarios(files, { WAIT: '4s' }, { WAIT: '3s' });
    expect(errors).toEqual([]);
    const [a, b, c, d] = scenarios.map(({ digest }) => digest);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
    expect([b, c === a, d]).toEqual([a, false, c]);
  });

  it('keeps the digest of a scenario that tells nobody, and knows addresses only beside the scenario', async () => {
    const hooks = '{ webhook: { url: "${HOOK}", secret: "${KEY}" } }, { slack: { url: "${HOOK}" } }';
    const files = [
      await file('a.yaml', GOOD),
      await file('b.yaml', `${GOOD}notify: []\n`),
      await file('c.yaml', `${GOOD}notify: [${hooks}]\n`),
    ];
    const values = { HOOK: 'https://hooks.example:8443/T0/B0/key', KEY: 'sixteen-letters-and-more' };
    const { scenarios, errors } = await loadScenarios(files, values, {});
    expect(errors).toEqual([]);
    const [a, b, c] = scenarios;
    // Stored drills have this one: it was that of the file before there was `notify`.
    expect(a?.digest).toBe('24b0c8f18720178fe89b61815868bdbe53403063b836ed694489859a72bf4728');
    expect([b?.digest === a?.digest, c?.digest === a?.digest]).toEqual([true, false]);
    expect(c?.scenario.notify).toEqual([
      { kind: 'webhook', host: 'hooks.example:8443' },
      { kind: 'slack', host: 'hooks.example:8443' },
    ]);
    expect(c?.hooks.map(({ url, secret }) => [url, secret])).toEqual([
      [values.HOOK, values.KEY],
      [values.HOOK, null],
    ]);
    expect(c?.secrets).toEqual(expect.arrayContaining(Object.values(values)));
  });

  it('tells all errors of all files at once', async () => {
    const files = [
      join(folder, 'missing.yaml'),
      folder,
      await file('binary.yaml', new Uint8Array([0x76, 0, 1])),
      await file('latin.yaml', new Uint8Array([0x74, 0xe9])),
      await file('large.yaml', `# ${'x'.repeat(1024 * 1024)}\n`),
      await file('empty.yaml', ''),
      await file('rig.yaml', `${GOOD}rig: nowhere.yaml\n`),
      await file('wrong.yaml', GOOD.replace('3s', '3')),
      await file('good.yaml', GOOD),
    ];
    const { scenarios, errors } = await loadScenarios(files, {}, {});
    expect(scenarios.map(({ file: name }) => name)).toEqual([join(folder, 'good.yaml')]);
    expect(errors.map(({ at, message }) => `${at?.replace(folder, '') ?? ''} ${message}`)).toEqual([
      '/missing.yaml there is no such file',
      ' is a folder, not a scenario file',
      '/binary.yaml is not a text file in UTF-8',
      '/latin.yaml is not a text file in UTF-8',
      '/large.yaml is larger than 1 MB, the limit for a scenario file',
      '/empty.yaml:1:1 the file is empty',
      '/rig.yaml:15:6 rig: there is no such file',
      '/wrong.yaml:12:16 when.inFlightFor: expected a duration such as 500ms, 10s, 5m or 1h30m, got "3"',
    ]);
  });

  it('reads what Windows editors write', async () => {
    const path = await file('a.yaml', `\uFEFF${GOOD.replaceAll('\n', '\r\n')}colour: red\r\n`);
    const { errors } = await loadScenarios([path], {}, {});
    expect(errors.map(({ at }) => at)).toEqual([`${path}:15:1`]);
  });

  it('says what else keeps a file from being read', async () => {
    const path = join(folder, 'loop.yaml');
    await symlink(path, path);
    const { errors } = await loadScenarios([path, join(await file('plain', ''), 'a.yaml')], {}, {});
    expect(errors.map(({ message }) => message)).toEqual(['cannot be read (ELOOP)', 'there is no such file']);
  });
});
