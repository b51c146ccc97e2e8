import { formatStep } from '../../src/model/step-name.ts';
import { stepOf } from '../../src/scenario/when.ts';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { makeScenarioJsonSchema } from '../../src/scenario/json-schema.ts';
import { resultJsonSchema } from '../../src/verdict/result.ts';
import { loadScenarios } from '../../src/scenario/load.ts';
import { listShipped } from '../../src/scenario/shipped.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'scenarios');

async function shipped(): Promise<readonly string[]> {
  const names = [
    ...(await readdir(folder)),
    ...(await readdir(join(folder, 'rehearsal'))).map((name) => `rehearsal/${name}`),
  ];
  return names.filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name));
}

const Rig = z.looseObject({
  services: z.array(z.looseObject({ taskDefinition: z.string(), desiredCount: z.number() })),
  pipelines: z.array(z.looseObject({ slug: z.string(), steps: z.string() })),
});

describe('shipped scenarios', () => {
  it('are the ones that are promised', async () => {
    const names = (await shipped()).map((file) => relative(folder, file)).toSorted();
    expect(names).toEqual([
      'exec-form.yaml',
      'heartbeats-stop.yaml',
      'rehearsal/after.yaml',
      'rehearsal/before.yaml',
      'retry-hides-loss.yaml',
      'shell-form-short-step.yaml',
      'shell-form.yaml',
      'step-too-long.yaml',
    ]);
  });

  it('are valid, and only the rehearsal has a control', async () => {
    const { scenarios, errors } = await loadScenarios(await shipped(), {}, {});
    expect(errors).toEqual([]);
    const controlled = scenarios.filter(({ scenario }) => scenario.control !== null);
    expect(controlled.map(({ file }) => relative(folder, file))).toEqual(['rehearsal/before.yaml']);
  });

  it('name a schema that is there, rigs of two workers, and files that are there', async () => {
    const { scenarios } = await loadScenarios(await shipped(), {}, {});
    for (const { file, scenario } of scenarios) {
      const schema =
        /^# yaml-language-server: \$schema=(\S+)\n/.exec(await readFile(file, 'utf8'))?.[1] ?? '';
      expect(resolve(dirname(file), schema)).toBe(join(folder, 'scenario.schema.json'));
      const rigFile = scenario.rig ?? '';
      const rig = Rig.parse(parse(await readFile(rigFile, 'utf8')));
      expect(rig.services.map(({ desiredCount }) => desiredCount)).toEqual([2]);
      for (const { taskDefinition } of rig.services) {
        JSON.parse(await readFile(resolve(dirname(rigFile), taskDefinition), 'utf8'));
      }
      for (const { slug, steps } of rig.pipelines) {
        expect(slug).toBe(scenario.build.pipeline);
        expect(await readFile(resolve(dirname(rigFile), steps), 'utf8')).toContain(
          `key: ${formatStep(stepOf(scenario.when) ?? '')}`,
        );
      }
    }
  });
});

describe('published schemas', () => {
  it.each([
    ['scenarios/scenario.schema.json', makeScenarioJsonSchema],
    ['docs/reference/result.schema.json', resultJsonSchema],
  ])('%s is fresh', async (file, schema) => {
    expect(JSON.parse(await readFile(join(root, file), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(schema())),
    );
  });

  it('let a variable stand for a number, a duration and a word, but never for the fault', () => {
    const Map = z.looseObject({ properties: z.record(z.string(), z.unknown()) });
    const { properties } = Map.parse(makeScenarioJsonSchema());
    const members = (key: string): readonly Readonly<Record<string, unknown>>[] =>
      z
        .looseObject({ oneOf: z.array(Map) })
        .parse(properties[key])
        .oneOf.map((member) => member.properties);
    const variable = expect.objectContaining({
      anyOf: expect.arrayContaining([
        { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' },
      ]) as unknown,
    }) as unknown;
    expect(members('when')).toHaveLength(5);
    for (const member of members('when')) expect(member['attempts']).toEqual(variable);
    expect(members('when')[0]?.['inFlightFor']).toEqual(variable);
    expect(Map.parse(properties['expect']).properties['build']).toEqual(variable);
    for (const member of members('inject')) expect(member['fault']).not.toEqual(variable);
    expect(members('inject')[1]?.['steered']).toEqual(variable);
  });
});

describe('shipped scenarios by name', () => {
  it('are all valid, each under a name of its own', async () => {
    const names = [...(await listShipped()).keys()];
    const folders = ['.', 'faults', 'rehearsal', 'sidecars', 'triggers'];
    const files = await Promise.all(folders.map((one) => readdir(join(folder, one))));
    expect(names.toSorted()).toEqual(
      files
        .flat()
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => file.slice(0, -'.yaml'.length))
        .toSorted(),
    );
    const { scenarios, errors } = await loadScenarios(
      names.map((name) => `@${name}`),
      {},
      {},
    );
    expect(errors).toEqual([]);
    expect(scenarios).toHaveLength(names.length);
  });

  it('are the files, with their paths as they are from any folder', async () => {
    const { scenarios } = await loadScenarios(['@exec-form', '@scale-in'], {}, {});
    expect(scenarios.map(({ file }) => file)).toEqual([
      join(folder, 'exec-form.yaml'),
      join(folder, 'faults', 'scale-in.yaml'),
    ]);
  });

  it('that are not there are bad input beside what else is wrong, with the nearest name', async () => {
    const { errors } = await loadScenarios(['@exec-from', '@nothing-like-it', 'missing.yaml'], {}, {});
    expect(errors).toEqual([
      {
        at: '@exec-from',
        message: 'gameday ships no scenario with the name exec-from',
        next: 'Did you mean @exec-form? A file whose name begins with @ is given as ./@exec-from.',
      },
      {
        at: '@nothing-like-it',
        message: 'gameday ships no scenario with the name nothing-like-it',
        next: expect.stringMatching(
          /^There are @after, @agent-idle, .* given as \.\/@nothing-like-it\.$/,
        ) as string,
      },
      { at: 'missing.yaml', message: 'there is no such file', next: 'Check the path.' },
    ]);
  });
});
