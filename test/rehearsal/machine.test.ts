import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseMachine } from '../../src/rehearsal/machine.ts';
import type { Wanted } from '../../src/rehearsal/machine.ts';

let folder: string;
let engine: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-machine-'));
  engine = program('engine', [
    'case "$1 $2 $5" in',
    '  "version --format "*) echo 27.0 ;;',
    `  "image inspect agent:1") echo '{"Entrypoint":["tini","--"],"Cmd":null}' ;;`,
    '  *) exit 1 ;;',
    'esac',
  ]);
  mkdirSync(join(folder, 'lent'));
  program('lent/gateway', []);
  program('on-path', []);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
  return file;
}

function choose(wanted: Partial<Wanted>, image: string | null, docker = engine) {
  const none = { executor: undefined, image: undefined, agent: undefined, programs: undefined };
  const nothing = { ...none, dockerfile: undefined };
  return chooseMachine({ ...nothing, ...wanted }, image, {
    GAMEDAY_DOCKER: docker,
    PATH: `${folder}:/usr/bin:/bin`,
  });
}

describe('what runs the workers of a rehearsal', () => {
  test("the images, where an engine has the agent's", () => {
    const chosen = choose({}, 'agent:1');
    expect(chosen).toMatchObject({
      executor: 'container',
      why: null,
      machine: { images: true, image: null },
    });
    expect(chosen.configOf('agent:1')).toEqual({ Entrypoint: ['tini', '--'], Cmd: null });
    expect(chosen.machine.hasImage('agent:2')).toBe(false);
  });

  test('another image, where one is named', () => {
    expect(choose({ image: 'agent:1' }, 'gone:1')).toMatchObject({
      executor: 'container',
      machine: { image: 'agent:1' },
    });
  });

  test.each<[string, Partial<Wanted>, string, RegExp | null]>([
    ['the engine lacks the image', {}, 'agent:2', /no image "agent:2"/],
    ['an agent of this machine is named', { agent: '/opt/agent' }, 'agent:1', /--agent/],
    ['it is so wished', { executor: 'process' }, 'agent:1', null],
    ['a Dockerfile says what starts', { dockerfile: 'Dockerfile' }, 'agent:1', /--dockerfile/],
    ['both are wished', { executor: 'process', dockerfile: 'Dockerfile' }, 'agent:1', null],
  ])('programs of this machine, where %s', (_title, wanted, image, why) => {
    const chosen = choose(wanted, image);
    expect(chosen).toMatchObject({ executor: wanted.executor, machine: { images: false } });
    if (why === null) expect(chosen.why).toBeNull();
    else expect(chosen.why).toMatch(why);
  });

  test('programs of this machine, where there is no engine', () => {
    expect(choose({}, 'agent:1', join(folder, 'nothing')).why).toMatch(/there is no ".*nothing" on PATH/);
    expect(choose({}, 'agent:1', program('dead', ['exit 1'])).why).toMatch(/reaches no engine/);
  });

  test.each<[string, Partial<Wanted>, RegExp]>([
    ['an image and an agent', { image: 'agent:1', agent: 'x' }, /--agent names another/],
    ['an image without images', { image: 'agent:1', executor: 'namespace' }, /not by namespace/],
    ['an image and its Dockerfile', { image: 'agent:1', dockerfile: 'x' }, /image itself is to be run/],
    ['images and a Dockerfile', { executor: 'container', dockerfile: 'x' }, /image itself is to be run/],
    ['programs that are no folder', { programs: '/nowhere' }, /\/nowhere is not a folder/],
  ])('refuses %s', (_title, wanted, says) => {
    expect(() => choose(wanted, 'agent:1')).toThrow(says);
  });

  test('refuses images that are asked for where no engine is', () => {
    expect(() => choose({ executor: 'container' }, 'agent:1', '/nowhere')).toThrow(
      /needs a Docker-compatible engine/,
    );
  });

  test('programs: those on PATH and by their path; lent ones by their name alone', () => {
    const { machine, programs } = choose({ programs: join(folder, 'lent'), executor: 'namespace' }, null);
    const found = ['on-path', '/bin/sh', '/opt/bin/gateway', 'gateway', 'nothing', folder].map(
      machine.hasProgram,
    );
    expect(found).toEqual([true, true, true, true, false, false]);
    expect(['gateway', 'on-path', '/bin/sh'].map(machine.isLent)).toEqual([true, false, false]);
    expect(programs).toBe(join(folder, 'lent'));
  });
});
