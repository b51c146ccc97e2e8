import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, documentIn, ROOT } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import type { GameDayDocument } from '../../src/verdict/result.ts';
import { docker, engineEnvironment, engineVersion } from './support/engine.ts';

const TAG = 'gameday-image:test';
const engine = await engineVersion();
const NOT_RUN = engine === null ? ' (not run: no Docker engine answers)' : '';

test('an engine is here where tools are required', () => {
  if (process.env['GAMEDAY_REQUIRE_TOOLS'] === '1') expect(engine).not.toBeNull();
});

/** Runs gameday in a container without a network, on a root that nobody can write to. */
async function inImage(options: readonly string[], ...words: readonly string[]): Promise<Ended> {
  const program = process.env['GAMEDAY_DOCKER'] ?? 'docker';
  const args = ['run', '--rm', '--network', 'none', '--read-only', ...options, TAG, ...words];
  return promisify(execFile)(program, args, { env: cleanEnvironment(engineEnvironment) }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: unknown) => error as Ended,
  );
}

/** Places for what a drill writes. Docker's default for such a place forbids programs in it, and the rig makes one there. */
const WRITABLE = ['--tmpfs', '/tmp:exec', '--tmpfs', '/drills:uid=1000'];
/** What docs/how-to/install.md says that PID namespaces need: for any user, and for root. */
const NAMESPACES = ['seccomp', 'systempaths', 'apparmor'].flatMap((of) => [
  '--security-opt',
  `${of}=unconfined`,
]);
const AS_ROOT = ['--user', '0', '--cap-add', 'SYS_ADMIN', '--security-opt', 'apparmor=unconfined'];

async function drillIn(options: readonly string[], scenario: string): Promise<GameDayDocument> {
  const { stdout } = await inImage([...WRITABLE, ...options], 'run', '--rig', scenario, '--json');
  return documentIn(stdout);
}

describe.skipIf(engine === null).concurrent(`the image${NOT_RUN}`, () => {
  beforeAll(async () => {
    const env = cleanEnvironment(engineEnvironment);
    await promisify(execFile)(join(ROOT, 'scripts/build-image.sh'), [TAG], { env });
  }, 300_000);
  afterAll(async () => {
    await docker('image', 'rm', '--force', TAG);
  });

  test('has no root user, and starts its program without a shell', async () => {
    const config = JSON.parse(
      await docker('image', 'inspect', '--format', '{{json .Config}}', TAG),
    ) as object;
    expect(config).toMatchObject({ User: '1000:1000', Entrypoint: ['node', '/opt/gameday/bin/run.js'] });
  });

  test('says its version, for a user without a name and without any place to write to', async () => {
    const { code, stdout } = await inImage(['--user', '4321:4321'], '--version');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^gameday\/\d+\.\d+\.\d+ linux-/)]);
  });

  test('without further rights, a drill runs in process groups, and says what it cannot judge', async () => {
    const drained = await drillIn([], '@exec-form');
    expect(drained).toMatchObject({
      outcome: 'passed',
      drills: [{ rig: { executor: 'process', pid1: false } }],
    });
    const shell = await drillIn([], '@shell-form');
    expect(shell).toMatchObject({ outcome: 'inconclusive', drills: [{ reason: 'no-pid1-semantics' }] });
  });

  test.each([
    ['any user', NAMESPACES],
    ['root', AS_ROOT],
  ])('with the rights of the page for %s, workers have a real PID 1', async (_user, options) => {
    const lost = await drillIn(options, '@shell-form');
    expect(lost).toMatchObject({
      outcome: 'failed',
      drills: [{ reason: 'lost', rig: { executor: 'namespace', pid1: true } }],
    });
  });
});
