import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readRigFile } from '../../src/rig/file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rig-file-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const least = 'organization: acme\ncluster: build\npipelines: [{ slug: canary, steps: ../canary.yaml }]\n';

function read(text: string): ReturnType<typeof readRigFile> {
  const path = join(folder, 'rig.yaml');
  writeFileSync(path, text);
  return readRigFile(path);
}

describe('the rig file', () => {
  it('fills in what Buildkite and AWS would say', () => {
    const { rig, turnedKnobs, resolve } = read(least);
    expect(rig).toMatchObject({ region: 'us-east-1', lostAfter: 180_000, services: [], script: [] });
    expect(turnedKnobs).toEqual({});
    expect(resolve('../canary.yaml')).toBe(join(folder, '..', 'canary.yaml'));
  });

  it('takes knobs of several parts, and names those that were turned', () => {
    const { rig, turnedKnobs } = read(
      `${least}knobs: { buildkiteReplicaLag: 5s, ecsReplicaLag: { lag: 2s, from: stop }, hostClockOffset: [0s, -90s], gracefulReport: { delay: 12s } }\n`,
    );
    const turned = {
      buildkiteReplicaLag: { lag: 5000, from: 'start', reads: 'all' },
      ecsReplicaLag: { lag: 2000, from: 'stop', reads: 'all' },
      hostClockOffset: [0, -90_000],
      gracefulReport: { delay: 12_000 },
    };
    expect(rig.knobs).toMatchObject(turned);
    expect(turnedKnobs).toEqual(turned);
  });

  it('BK-20: refuses intervals that agents do not take, and a loss before two heartbeats', () => {
    expect(() => read(`${least}knobs: { pingInterval: 1500ms }\n`)).toThrow('whole seconds');
    expect(() => read(`${least}lostAfter: 3s\nknobs: { heartbeatInterval: 2s }\n`)).toThrow(
      /:4:12: lostAfter: .*every 2s/,
    );
    const { rig } = read(`${least}lostAfter: 4s\nknobs: { heartbeatInterval: 2s, pingInterval: 10s }\n`);
    expect(rig.knobs).toMatchObject({ heartbeatInterval: 2000, pingInterval: 10_000 });
  });

  it('takes the words that YAML makes something else of', () => {
    const { rig, turnedKnobs } = read(
      `${least}knobs: { lostAgentBySlug: null, gracefulReport: off, clockOffset: -90s, containerBatch: 10s }\n`,
    );
    expect(rig.knobs).toMatchObject({ lostAgentBySlug: 'null', gracefulReport: 'off', clockOffset: -90_000 });
    expect(turnedKnobs).toEqual({
      lostAgentBySlug: 'null',
      gracefulReport: 'off',
      clockOffset: -90_000,
      containerBatch: 10_000,
    });
  });

  it.each([
    [`${least}knobs:\n  exitCod: absent\n`, ':5:3: knobs: unknown key "exitCod"'],
    [`${least}history: { canary: [{ step: one, took: [soon] }] }\n`, ':4:41: history.canary.0.took.0:'],
    [`${least}lostAfter: soon\n`, ':4:12: lostAfter: a duration such as'],
    [`${least}services:\n  - { name: a }\n`, ':5:5: services.0.taskDefinition:'],
    [`${least}cluster: again\n`, ':4:1: Map keys must be unique'],
    [`${least}faulty: { ecs: [{ do: { answer: 200 } }] }\n`, ':4:33: faulty.ecs.0.do.answer:'],
    ['', 'Invalid input: expected object'],
    [`${least}---\n${least}`, 'multiple documents'],
  ])('names a mistake with its place', (text, told) => {
    expect(() => read(text)).toThrow(told);
  });

  it('says which file cannot be read', () => {
    expect(() => readRigFile(join(folder, 'none.yaml'))).toThrow(/none.yaml cannot be read/);
  });
});
