import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cli } from '../support/cli.ts';
import { surroundings } from './support/case.ts';
import { EXEC, writeScenario } from './support/files.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const Document = z.object({
  outcome: z.string(),
  exitCode: z.number(),
  scenarios: z
    .array(
      z.object({
        file: z.string(),
        ready: z.boolean(),
        findings: z.array(
          z.object({
            check: z.string(),
            status: z.enum(['ok', 'warning', 'blocking', 'unknown']),
            said: z.string(),
            next: z.string().nullable(),
          }),
        ),
      }),
    )
    .optional(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});
type Document = z.infer<typeof Document>;

const MAPPED = '2 of 2 running tasks have exactly one agent with the tag ecs:task-arn';
const given = { steps: [{ key: 'integration', command: 'sleep 3' }] };

/** Runs `gameday doctor ... --json` on the files beside a standing rig. */
async function doctor(
  { folder, env }: Standing,
  files: readonly string[],
  over: Readonly<Record<string, string>> = {},
): Promise<Document> {
  const ended = await cli(['doctor', ...files, '--json'], folder, {
    ...surroundings(folder),
    ...env,
    ...over,
  });
  const document = Document.parse(JSON.parse(ended.stdout));
  expect(document.exitCode, ended.stderr).toBe(ended.code);
  return document;
}

/** `status check` of every finding of the n-th scenario that is not ok. */
function troubles(document: Document, nth = 0): readonly string[] {
  const findings = document.scenarios?.[nth]?.findings ?? [];
  return findings.filter(({ status }) => status !== 'ok').map(({ status, check }) => `${status} ${check}`);
}

function said(document: Document, check: string): string {
  const findings = document.scenarios?.[0]?.findings ?? [];
  return findings
    .filter((one) => one.check === check)
    .map((one) => one.said)
    .join(' | ');
}

describe.concurrent('gameday doctor', () => {
  test('a fleet that is ready: what would be met is said, and nothing is changed', async () => {
    await standing({ ...given, container: { stopTimeout: 120 } }, async (stage) => {
      const ledger = join(stage.folder, 'ledger');
      const document = await doctor(stage, ['scenario.yaml'], { GAMEDAY_LEDGER: ledger });
      expect(document).toMatchObject({ outcome: 'clean', exitCode: 0, scenarios: [{ ready: true }] });
      expect(said(document, 'ledger')).toMatch(
        `${ledger} can be written to; a write whose condition does not hold is refused; its clock`,
      );
      expect(said(document, 'ledger')).toContain(' | nobody has the lock of the service there');
      expect(said(document, 'token')).toContain('API user (api-user@rig.invalid)');
      expect(said(document, 'cluster')).toBe('build-prod in us-east-1, account 123456789012');
      expect(said(document, 'account')).toBe('account 123456789012, user rig');
      expect(said(document, 'mapping')).toContain(MAPPED);
      expect(said(document, 'rights')).toContain('ecs:StopTask');
      expect(said(document, 'guards')).toContain('no safety rule refuses');
      const preflight = await cli(['preflight', '--scenario', 'scenario.yaml'], stage.folder, stage.env);
      expect(preflight.stdout).toContain(`Mapping: ${MAPPED}.`);
      const dry = await cli(['run', '--dry-run', '--verbose', 'scenario.yaml'], stage.folder, stage.env);
      expect(dry.stdout).toMatch(new RegExp(`holds +mapping +${MAPPED}`));
      expect((await stage.state()).builds).toEqual([]);
      expect((await stage.counts()).stopTaskLanded).toEqual({});
    });
  });

  test('a wrong step, and a wrong service: each is named at once, beside what is right', async () => {
    await standing(given, async (stage) => {
      const names = { when: { step: 'integratoin' }, cluster: { service: 'build-agent' } };
      await writeScenario(stage.folder, { scenario: names }, 'wrong.yaml');
      const document = await doctor(stage, ['wrong.yaml']);
      expect(document).toMatchObject({ outcome: 'failed', exitCode: 10 });
      expect(troubles(document)).toEqual(expect.arrayContaining(['blocking step', 'blocking service']));
      expect(said(document, 'step')).toContain('no step with key "integratoin"');
      expect(said(document, 'service')).toContain('build-agent');
      expect(said(document, 'cluster')).toContain('build-prod');
    });
  });

  test('agents without the tag of their task block, and a filter that finds nobody is told from that', async () => {
    await standing({ ...given, container: { argv: EXEC.slice(0, 2) } }, async (stage) => {
      const document = await doctor(stage, ['scenario.yaml']);
      expect(document.exitCode).toBe(10);
      const dry = await cli(['run', '--dry-run', '--verbose', 'scenario.yaml'], stage.folder, stage.env);
      expect(dry.stdout).toMatch(/REFUSES +mapping +0 of 2 running tasks/);
      expect(said(document, 'mapping')).toBe(
        '0 of 2 running tasks have exactly one agent with the tag ecs:task-arn',
      );
    });
    await standing({ ...given, rig: { knobs: { agentFilter: 'nothing' } } }, async (stage) => {
      const document = await doctor(stage, ['scenario.yaml']);
      expect(document.exitCode).toBe(0);
      expect(troubles(document)).toContain('warning mapping');
      expect(said(document, 'mapping')).toMatch(
        /^2 of 2 running tasks .*Buildkite's filter by tag lacks agents/,
      );
    });
  });

  test('a token that Buildkite refuses blocks, and AWS is asked all the same; wrong keys the other way round', async () => {
    await standing(given, async (stage) => {
      const { BUILDKITE_API_TOKEN: token0 = '' } = stage.env;
      const token = await doctor(stage, ['scenario.yaml'], { BUILDKITE_API_TOKEN: 'bkua_of_somebody_else' });
      expect(token.exitCode).toBe(10);
      expect(troubles(token)).toContain('blocking token');
      expect(said(token, 'service')).toContain('2 running');
      expect(JSON.stringify(token)).not.toContain('bkua_of_somebody_else');
      const unset = await doctor(stage, ['scenario.yaml'], { BUILDKITE_API_TOKEN: '' });
      expect(unset.exitCode).toBe(10);
      expect(said(unset, 'token')).toBe('BUILDKITE_API_TOKEN is not set');
      expect(said(unset, 'service')).toContain('2 running');
      expect(await doctor(stage, ['scenario.yaml'], { AWS_ENDPOINT_URL_ECS: 'ftp://x' })).toMatchObject({
        outcome: 'bad-input',
      });
      const nowhere = { cluster: { region: null, name: 'build-prod', service: 'build-agents' } };
      await writeScenario(stage.folder, { scenario: nowhere }, 'nowhere.yaml');
      const noRegion = { AWS_REGION: '', AWS_DEFAULT_REGION: '', BUILDKITE_API_TOKEN: '' };
      const region = await doctor(stage, ['nowhere.yaml'], { ...noRegion, BUILDKITE_API_TOKEN: token0 });
      expect([region.exitCode, troubles(region)[0]]).toEqual([10, 'blocking credentials']);
      expect(said(region, 'credentials')).toBe('AWS_REGION or AWS_DEFAULT_REGION is not set');
      expect(said(region, 'pipeline')).toContain('acme/canary');
      const neither = await doctor(stage, ['nowhere.yaml'], noRegion);
      expect(troubles(neither)).toEqual(expect.arrayContaining(['blocking token', 'blocking credentials']));
      const keys = await doctor(stage, ['scenario.yaml'], {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
      });
      expect(keys.exitCode).toBe(10);
      expect(troubles(keys)).toContain('blocking credentials');
      expect(said(keys, 'pipeline')).toContain('acme/canary');
    });
  });

  test('two scenarios get an answer each; the worst decides', async () => {
    await standing(given, async (stage) => {
      await writeScenario(stage.folder, { scenario: { cluster: { name: 'build-prud' } } }, 'other.yaml');
      const document = await doctor(stage, ['scenario.yaml', 'other.yaml']);
      expect(document).toMatchObject({ exitCode: 10, scenarios: [{ ready: true }, { ready: false }] });
      expect(troubles(document, 1)).toContain('blocking cluster');
      const screen = await cli(['doctor', 'scenario.yaml', 'other.yaml'], stage.folder, stage.env);
      expect(screen.code).toBe(10);
      expect(screen.stdout).toMatch(/^Ready: .*\n[\s\S]*^Not ready: /m);
    });
  });

  test('a bad file is bad input, and a service that is away is no verdict', async () => {
    await standing(given, async (stage) => {
      expect(await doctor(stage, [join(stage.folder, 'rig.yaml')])).toMatchObject({
        outcome: 'bad-input',
        exitCode: 2,
      });
      const away = { BUILDKITE_GRAPHQL_ENDPOINT: 'http://127.0.0.1:9/' };
      const document = await doctor(stage, ['scenario.yaml'], away);
      expect(document).toMatchObject({ outcome: 'could-not-run', exitCode: 4 });
      expect(troubles(document)).toContain('unknown token');
    });
  });
});
