import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockKeyOf, settingsFromEnvironment, settingsFromRig } from '../../src/cli/settings.ts';
import type { Scenario } from '../../src/scenario/schema.ts';
import { planOf } from '../support/plans.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gameday-home-'));
  await writeFile(
    join(home, 'config'),
    '[default]\nregion = eu-west-1\n[profile blue]\noutput=json\nregion=eu-central-1\n',
  );
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const { scenario } = planOf();
const open: Scenario = {
  ...scenario,
  build: { ...scenario.build, organization: null },
  cluster: { ...scenario.cluster, region: null },
};

function environment(over: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    BUILDKITE_API_TOKEN: 'bkua_0123456789',
    BUILDKITE_ORGANIZATION_SLUG: 'from-environment',
    AWS_REGION: 'ap-south-1',
    HOME: '/nowhere',
    ...over,
  };
}

async function refused(over: Readonly<Record<string, string>>, insecure = false): Promise<readonly string[]> {
  const { settings, errors } = await settingsFromEnvironment(open, environment(over), insecure);
  expect(settings === null).toBe(errors.length > 0);
  return errors.map((error) => error.message);
}

test("the ecosystem's own names, and the scenario beats them", async () => {
  const { settings } = await settingsFromEnvironment(open, environment(), false);
  expect(settings).toMatchObject({
    organization: 'from-environment',
    region: 'ap-south-1',
    graphqlEndpoint: 'https://graphql.buildkite.com/v1',
    ecsEndpoint: null,
    credentials: null,
    label: null,
    rig: null,
    embeddedRig: false,
    lostAfter: 300_000,
    rules: { loopbackOnly: false, allowInsecure: false },
  });
  expect((await settingsFromEnvironment(scenario, environment(), false)).settings).toMatchObject({
    organization: 'acme',
    region: 'us-east-1',
  });
});

test('everything that is missing is named at once', async () => {
  const empty = { BUILDKITE_API_TOKEN: '', BUILDKITE_ORGANIZATION_SLUG: ' ', AWS_REGION: '' };
  expect(await refused(empty)).toEqual([
    'BUILDKITE_API_TOKEN is not set',
    'BUILDKITE_ORGANIZATION_SLUG is not set',
    'AWS_REGION or AWS_DEFAULT_REGION is not set',
  ]);
});

test.each([
  [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'sa-east-1' }, 'sa-east-1'],
  [{ AWS_REGION: '', config: 'default' }, 'eu-west-1'],
  [{ AWS_REGION: '', AWS_PROFILE: 'blue', config: 'blue' }, 'eu-central-1'],
  [{ AWS_PROFILE: 'blue', config: 'blue' }, 'ap-south-1'],
])('the region of %j is %s', async (over, region) => {
  const { config, ...rest } = over as Record<string, string>;
  const file = config === undefined ? {} : { AWS_CONFIG_FILE: join(home, 'config') };
  expect(
    (await settingsFromEnvironment(open, environment({ ...rest, ...file }), false)).settings?.region,
  ).toBe(region);
});

test.each([
  [{ BUILDKITE_API_TOKEN: 'short' }, /BUILDKITE_API_TOKEN is too short/],
  [{ BUILDKITE_GRAPHQL_ENDPOINT: 'nonsense' }, /BUILDKITE_GRAPHQL_ENDPOINT is not a URL/],
  [{ BUILDKITE_GRAPHQL_ENDPOINT: 'http://example.com/' }, /BUILDKITE_GRAPHQL_ENDPOINT: plain http/],
  [{ AWS_ENDPOINT_URL_ECS: 'http://example.com/' }, /AWS_ENDPOINT_URL_ECS: plain http/],
  [{ AWS_ENDPOINT_URL_STS: 'http://example.com/' }, /AWS_ENDPOINT_URL_STS: plain http/],
  [{ AWS_ENDPOINT_URL: 'http://example.com/' }, /AWS_ENDPOINT_URL: plain http/],
  [{ GAMEDAY_LOST_AFTER: 'soon' }, /GAMEDAY_LOST_AFTER is not a duration/],
  [{ GAMEDAY_RIG_FACTS: '{' }, /GAMEDAY_RIG_FACTS/],
  [{ GAMEDAY_RIG_FACTS: '{"executor":1}' }, /GAMEDAY_RIG_FACTS/],
])('%j is bad input', async (over, message) => {
  expect(await refused(over as Record<string, string>)).toEqual([expect.stringMatching(message)]);
});

test('plain http goes to this machine, or where --insecure says', async () => {
  expect(await refused({ BUILDKITE_GRAPHQL_ENDPOINT: 'http://127.0.0.1:1/' })).toEqual([]);
  expect(await refused({ BUILDKITE_GRAPHQL_ENDPOINT: 'http://example.com/' }, true)).toEqual([]);
  expect(
    await refused({ AWS_ENDPOINT_URL: 'http://example.com/', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }),
  ).toEqual([]);
});

const rig = {
  AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:4001',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIARIG',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-rig',
  BUILDKITE_GRAPHQL_ENDPOINT: 'http://127.0.0.1:4002/graphql',
  BUILDKITE_API_TOKEN: 'token-of-the-rig',
  BUILDKITE_ORGANIZATION_SLUG: 'acme',
  GAMEDAY_LOST_AFTER: '3s',
};

test("under --rig nothing of the user's own settings is taken", async () => {
  const user = environment({
    AWS_PROFILE: 'x',
    BUILDKITE_JOB_ID: 'y',
    GAMEDAY_KILL_SWITCH: '1',
    ECS_CONTAINER_METADATA_URI_V4: 'z',
  });
  expect(settingsFromRig(open, rig, { stateDir: '/s', environment: user })).toMatchObject({
    region: 'us-east-1',
    organization: 'acme',
    token: 'token-of-the-rig',
    ecsEndpoint: rig.AWS_ENDPOINT_URL_ECS,
    credentials: { accessKeyId: 'AKIARIG', secretAccessKey: 'secret-of-the-rig' },
    label: 'rig',
    lostAfter: 3000,
    embeddedRig: true,
    rules: { loopbackOnly: true, allowInsecure: false },
    environment: { GAMEDAY_STATE_DIR: '/s', GAMEDAY_KILL_SWITCH: '1' },
  });
});

test('a rig that does not say how it is reached has failed', async () => {
  const { AWS_REGION: _region, ...less } = rig;
  expect(() => settingsFromRig(open, less, { stateDir: '/s', environment: {} })).toThrow(/AWS_REGION/);
});

test('the key of lock and past injections is the same for a name and for an ARN', async () => {
  const { settings } = await settingsFromEnvironment(scenario, environment(), false);
  if (settings === null) throw new Error('no settings');
  const key = 'ecs.us-east-1.amazonaws.com|us-east-1|build-prod|build-agents';
  expect(lockKeyOf(settings, scenario)).toBe(key);
  const arn = {
    ...scenario,
    cluster: { ...scenario.cluster, name: 'arn:aws:ecs:us-east-1:1:cluster/build-prod' },
  };
  expect(lockKeyOf(settings, arn)).toBe(key);
  const tagged = { ...scenario.cluster, service: null, taskTag: { key: 'team', value: 'ci' } };
  expect(lockKeyOf(settings, { ...scenario, cluster: tagged })).toMatch(/\|tag:team=ci$/);
  const family = { ...scenario.cluster, service: null, family: 'build-agent' };
  expect(lockKeyOf(settings, { ...scenario, cluster: family })).toMatch(/\|family:build-agent$/);
});

test.each([
  ['https://ecs.us-east-1.amazonaws.com/', 'ecs.us-east-1.amazonaws.com'],
  ['https://ECS.US-East-1.amazonaws.com:443', 'ecs.us-east-1.amazonaws.com'],
  ['https://ecs.us-east-1.amazonaws.com.', 'ecs.us-east-1.amazonaws.com'],
  ['https://ecs-fips.us-east-1.amazonaws.com', 'ecs.us-east-1.amazonaws.com'],
  ['https://ecs.us-east-1.api.aws', 'ecs.us-east-1.amazonaws.com'],
  ['https://proxy.example.com/ecs/', 'proxy.example.com'],
  ['https://Proxy.example.com:443/ecs', 'proxy.example.com'],
  ['http://127.0.0.1:4566/', '127.0.0.1:4566'],
])('the endpoint %s has the name %s in it', async (endpoint, name) => {
  const { settings } = await settingsFromEnvironment(
    scenario,
    { ...environment(), AWS_ENDPOINT_URL_ECS: endpoint },
    false,
  );
  expect(settings?.ecsName).toBe(name);
});
