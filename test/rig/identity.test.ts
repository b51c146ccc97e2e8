import type { JsonWebKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { Roles, trustShape } from '../../src/rig/ecs/roles.ts';
import { answerSts } from '../../src/rig/ecs/sts.ts';
import { benchFor, field } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/game-day`;
const SUBJECT = 'organization:acme:pipeline:canary:ref:refs/heads/main:commit:*:step:one';

/** A trust policy as AWS's console and `gameday iam --trust` write it. */
function trustOf(subject: string, audience = 'sts.amazonaws.com') {
  const name = 'agent.buildkite.com';
  return trustShape.parse({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${name}` },
        Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
        Condition: {
          StringEquals: { [`${name}:aud`]: audience },
          StringLike: { [`${name}:sub`]: subject },
        },
      },
    ],
  });
}

it('BK-70: a job is told secrets by name, in whatever case, and no others', async ({ onTestFinished }) => {
  const bench = await benchFor(
    onTestFinished,
    { canary: 'steps: [{ key: one, command: "true" }]' },
    { secrets: { deploy_key: 'opens it', GAMEDAY_API_TOKEN: null } },
  );
  const agent = await handAgent(bench);
  await bench.create();
  const job = await agent.take();
  const ask = (key: string, token = job.token) =>
    agent.call('GET', `/jobs/${job.id}/secrets?key=${key}`, undefined, token);
  expect(await ask('Deploy_Key')).toMatchObject({
    status: 200,
    body: { key: 'DEPLOY_KEY', value: 'opens it' },
  });
  expect((await ask('GAMEDAY_API_TOKEN')).body).toMatchObject({ value: bench.rig.apiToken });
  expect((await ask('other')).status).toBe(404);
  expect((await ask('deploy_key', 'nobody')).status).toBe(401);
});

it('BK-71, ECS-102: a job takes a role with its token where the trust policy fits its claims, and only there', async ({
  onTestFinished,
}) => {
  const bench = await benchFor(onTestFinished, { canary: 'steps: [{ key: one, command: "true" }]' });
  const agent = await handAgent(bench);
  await bench.create();
  const job = await agent.take();
  const tokenFor = async (wish: object): Promise<string> =>
    String(field((await agent.call('POST', `/jobs/${job.id}/oidc/tokens`, wish, job.token)).body, 'token'));
  const fetchKeys = async (): Promise<readonly JsonWebKey[]> =>
    ((await (await fetch(`${bench.rig.url}/.well-known/jwks`)).json()) as { keys: readonly JsonWebKey[] })
      .keys;
  const assume = async (token: string, trust = trustOf(SUBJECT), role = ROLE) => {
    const roles = new Roles(ACCOUNT, { 'game-day': trust }, fetchKeys);
    const form = new URLSearchParams({
      ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15' },
      ...{ RoleArn: role, RoleSessionName: 'night', WebIdentityToken: token },
    });
    const response = await answerSts(form, null, roles);
    return { roles, said: `${response.status} ${await response.text()}` };
  };
  const token = await tokenFor({ audience: 'sts.amazonaws.com' });
  const { roles, said } = await assume(token);
  expect(said).toMatch(/^200 <AssumeRoleWithWebIdentityResponse /);
  expect(said).toContain(`<Arn>arn:aws:sts::${ACCOUNT}:assumed-role/game-day/night</Arn>`);
  const keyId = /<AccessKeyId>([^<]+)</.exec(said)?.[1] ?? '';
  expect(roles.callerOf(keyId)).toMatchObject({ account: ACCOUNT });
  expect(roles.callerOf('ASIASOMEBODYELSE')).toBeUndefined();

  const denied = /^403 .*<Code>AccessDenied<\/Code>/;
  expect((await assume(token, trustOf(SUBJECT.replace('canary', 'other')))).said).toMatch(denied);
  expect((await assume(token, trustOf(SUBJECT.replace('main', 'release')))).said).toMatch(denied);
  expect((await assume(token, trustOf(SUBJECT), ROLE.replace('game-day', 'admin'))).said).toMatch(denied);
  // Without an audience it is for Buildkite itself.
  expect((await assume(await tokenFor({}))).said).toMatch(denied);
  const [head, , signature] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ sub: SUBJECT })).toString('base64url');
  expect((await assume(`${head}.${forged}.${signature}`)).said).toMatch(/^400 .*InvalidIdentityToken/);
  const over = await tokenFor({ audience: 'sts.amazonaws.com', lifetime: -1 });
  expect((await assume(over)).said).toMatch(/^400 .*ExpiredTokenException/);
});
