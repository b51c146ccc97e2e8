import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unreachableSettings } from '../../src/cli/settings.ts';
import type { Settings } from '../../src/cli/settings.ts';
import { hostCommand } from '../../src/cli/user-command.ts';
import { createRedactor } from '../../src/journal/redact.ts';
import { planOf } from '../support/plans.ts';

const TOKEN = 'a-long-secret-value';

function hosted(over: Partial<Settings>, folder: string | null, environment = {}) {
  const written: string[] = [];
  const screen = {
    write: (text: string) => void written.push(text),
    columns: () => 80,
    rows: () => 24,
    colors: false,
  };
  const output = { stdout: screen, stderr: screen, learn: () => undefined, redact: createRedactor([TOKEN]) };
  const paused: string[] = [];
  const reporter = { pause: () => void paused.push('pause'), resume: () => void paused.push('resume') };
  const settings = { ...unreachableSettings(planOf().scenario), ...over };
  return { ...hostCommand(settings, folder, environment, output, reporter), written, paused };
}

const OWN = {
  PATH: '/bin',
  AWS_PROFILE: 'production',
  AWS_SECRET_ACCESS_KEY: TOKEN,
  BUILDKITE_API_TOKEN: TOKEN,
};

it('gives the command the whole environment, and on an embedded rig none that leads to an account of ones own', () => {
  expect(hosted({ embeddedRig: false }, null, OWN).environment).toEqual(OWN);
  const ecsEndpoint = 'http://127.0.0.1:1234';
  const credentials = { accessKeyId: 'AKIDRIG', secretAccessKey: 'rig-key' };
  const { environment } = hosted(
    { embeddedRig: true, ecsEndpoint, credentials, region: 'eu-west-1' },
    null,
    OWN,
  );
  expect(JSON.stringify(environment)).not.toContain(TOKEN);
  expect(environment).toMatchObject({
    ...{ PATH: '/bin', AWS_ENDPOINT_URL: ecsEndpoint, AWS_ENDPOINT_URL_ECS: ecsEndpoint },
    ...{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDRIG', AWS_SECRET_ACCESS_KEY: 'rig-key' },
    ...{
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  expect(Object.keys(environment)).not.toContain('AWS_PROFILE');
});

it('shows and keeps each line without secrets and without what drives a terminal, and keeps no more than its limit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-command-log-'));
  try {
    const { onLine, written, paused } = hosted({}, folder);
    const [head, tail] = [TOKEN.slice(0, 6), TOKEN.slice(6)];
    onLine(`\u001b[32mtoken\t${head}\u001b[0m${tail}\u0007`);
    expect(written).toEqual(['command | token    [redacted]\\u0007\n']);
    expect(paused).toEqual(['pause', 'resume']);
    const path = join(folder, 'command.log');
    expect(await readFile(path, 'utf8')).toBe('token    [redacted]\\u0007\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const line = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 12; count += 1) onLine(line);
    expect(written).toHaveLength(13);
    const kept = await readFile(path, 'utf8');
    expect(kept.length).toBeLessThan(10 * 1024 * 1024);
    expect(kept).toMatch(/is not kept: this file has reached its limit\.\n$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
