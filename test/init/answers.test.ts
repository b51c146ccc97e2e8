import { describe, expect, test } from 'vitest';
import { completeAnswers } from '../../src/init/answers.ts';
import type { Given, Listings, Questions } from '../../src/init/answers.ts';

const NOTHING: Given = { organization: null, region: null, queue: 'gameday' };
const ALL: Given = { ...NOTHING, cluster: 'prod', service: 'agents', pipeline: 'acme/canary', step: 'tests' };
/** Lists nothing: no rights, or no credentials. */
const DENIED: Listings = {
  clusters: async () => null,
  services: async () => null,
  pipelines: async () => null,
  steps: async () => null,
};

/** A person who takes the last name of a list, types what is asked for, and remembers the questions. */
function person(): Questions & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    text: async (message) => (asked.push(message), message.toLowerCase().replaceAll(' ', '-')),
    choose: async (message, names) => (asked.push(message), names.at(-1) ?? ''),
  };
}

describe('without a terminal', () => {
  test('what was given is enough, and the organization may come from the environment', async () => {
    const answers = {
      cluster: 'prod',
      service: 'agents',
      organization: 'acme',
      pipeline: 'canary',
      step: 'tests',
    };
    expect(await completeAnswers(ALL, null, DENIED)).toMatchObject(answers);
    const given = { ...ALL, pipeline: 'canary', organization: 'acme' };
    expect(await completeAnswers(given, null, DENIED)).toMatchObject(answers);
  });

  test('everything that is missing is named at once', async () => {
    await expect(
      completeAnswers({ ...NOTHING, service: 'agents', pipeline: 'canary' }, null, DENIED),
    ).rejects.toThrow(
      'there is no terminal to ask at, and these are missing: --cluster NAME, --pipeline ORG/SLUG',
    );
  });

  test('a step is needed, unless the pipeline has one alone', async () => {
    const given = { ...ALL, step: undefined };
    const having = (...keys: readonly string[]): Listings => ({ ...DENIED, steps: async () => keys });
    expect(await completeAnswers(given, null, having('build'))).toMatchObject({ step: 'build' });
    for (const [listings, next] of [
      [having('build', 'tests'), /--step KEY\. Its steps are build, tests\.$/],
      [having(), /--step KEY\.$/],
      [DENIED, /--step KEY\.$/],
    ] as const)
      await expect(completeAnswers(given, null, listings)).rejects.toMatchObject({
        reason: 'bad-input',
        next: expect.stringMatching(next) as string,
      });
  });
});

test.each(['acme/canary/1', '/canary', 'acme/', ''])('--pipeline %j is not ORG/SLUG', async (pipeline) => {
  await expect(completeAnswers({ ...ALL, pipeline }, null, DENIED)).rejects.toThrow('is not ORG/SLUG');
});

describe('on a terminal', () => {
  test('only what is missing is asked for, and typed where nothing can be listed', async () => {
    const asking = person();
    const answers = await completeAnswers({ ...NOTHING, cluster: 'prod' }, asking, DENIED);
    expect(asking.asked).toEqual([
      'Service of the workers',
      'Buildkite organization',
      'Pipeline',
      'Step whose worker is stopped',
    ]);
    expect(answers).toMatchObject({
      cluster: 'prod',
      organization: 'buildkite-organization',
      pipeline: 'pipeline',
    });
  });

  test('what there is can be chosen, each list from the answers before it', async () => {
    const listings: Listings = {
      clusters: async () => ['dev', 'prod'],
      services: async (cluster) => [`${cluster}-web`, `${cluster}-agents`],
      pipelines: async (organization) => ['canary', `${organization}-main`],
      steps: async (organization, pipeline) => ['build', `${organization}/${pipeline}`],
    };
    expect(await completeAnswers({ ...NOTHING, organization: 'acme' }, person(), listings)).toEqual({
      ...{ cluster: 'prod', service: 'prod-agents', organization: 'acme', pipeline: 'acme-main' },
      ...{ step: 'acme/acme-main', region: null, queue: 'gameday' },
    });
  });
});
